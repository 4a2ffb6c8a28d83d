# image: my/greeter:v1
FROM ubuntu
ENV WHO=world
WORKDIR /app
COPY greet.sh .
RUN echo "built by $(whoami)" > built
# ENTRYPOINT is the program, CMD its default argument: a Pod's args take CMD's place.
ENTRYPOINT ["./greet.sh"]
CMD ["5"]

# file: greet.sh
#!/bin/bash
cat built
while true; do
  echo "Hello, $WHO"
  sleep "$1"
done
