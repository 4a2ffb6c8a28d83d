//! The docker engine beside the cluster: commands, and the time they take.

use super::Cluster;
use podglass_runtime::catalogue::Catalogue;
use podglass_runtime::docker::{Answer, Follow};
use podglass_runtime::dockerfile::Context;
use podglass_runtime::{SimTime, TaskOutcome};
use std::rc::Rc;

/// How long a command waits for the end of a container, in milliseconds.
const PATIENCE: u64 = 60_000;
/// How long docker takes for anything.
const LATENCY: u64 = 300;
/// How many wake-ups one wait may cost.
const BUDGET: u64 = 1_000_000;

impl Cluster {
    /// What is known of images.
    pub fn catalogue(&self) -> &Rc<Catalogue> {
        self.runtime.catalogue()
    }

    /// Starts a docker command (without the word `docker`); it may have to be waited for.
    pub fn docker(&mut self, args: &[String], context: &Context) -> Answer {
        let answer = self.runtime.docker(self.api.now(), args, context);
        self.hear(None);
        self.deliver();
        answer
    }

    /// Runs a docker command to its end, at most a minute of virtual time: what it printed, and its exit code.
    pub fn docker_run(&mut self, args: &[String], context: &Context) -> (String, i32) {
        let Answer { mut text, code, follow } = self.docker(args, context);
        let limit = self.api.now() + PATIENCE;
        loop {
            let done = match &follow {
                Follow::Nothing => {
                    let to = self.api.now() + LATENCY;
                    self.advance_to(to, BUDGET);
                    return (text, code);
                }
                Follow::Task(task) => self.task_outcome(*task).map(|outcome| match outcome {
                    TaskOutcome::Exited { code, output, .. } => (output.clone(), *code),
                    TaskOutcome::NotStarted(why) | TaskOutcome::Failed(why) => (format!("{why}\n"), if why.contains("not found") { 127 } else { 126 }),
                    _ => (String::new(), 0),
                }),
                follow => self.runtime.docker_done(follow),
            };
            if let Some((more, ended)) = done {
                text.push_str(&more);
                return (text, if code == 0 { ended } else { code });
            }
            let next = self.next_wakeup().filter(|at| *at <= limit);
            let Some(next) = next else {
                self.advance_to(limit, BUDGET);
                if let Follow::Output(id, from) = follow {
                    text.push_str(&self.runtime.docker_output(id, from));
                }
                text.push_str("(still running after a minute: it runs on, the terminal is free again)\n");
                return (text, 0);
            };
            self.advance_to(SimTime(next.0.max(self.api.now().0)), BUDGET);
        }
    }
}
