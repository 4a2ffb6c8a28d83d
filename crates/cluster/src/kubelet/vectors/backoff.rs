//! The bookkeeping of crash back-off.

use super::{Case, cases};
use crate::SimTime;
use crate::kubelet::backoff::{Backoff, next};

fn check(case: &Case) {
    let (mut entry, mut key): (Option<Backoff>, u64) = (None, 1);
    for line in case.list("attempts") {
        let words: Vec<&str> = line.split(['@', ' ']).collect();
        if words == ["changed"] {
            key += 1;
            continue;
        }
        let time = |n: usize| SimTime::from_secs_f64(words[n].parse().expect("seconds"));
        let (finished, now) = (time(0), time(1));
        // The same question as the start of a container asks.
        let waits = entry.as_ref().is_some_and(|e| e.alive(key, finished) && now < e.until(finished));
        assert_eq!(waits, words[2] == "wait", "{line}");
        if !waits {
            let now = next(entry.as_ref(), key, finished, now);
            assert_eq!((now.length / 1000).to_string(), words[3], "{line}");
            entry = Some(now);
        }
    }
}

cases! { "backoff.yaml", check:
    v80_the_first_exit_restarts_at_once
    v81_the_next_exit_waits
    v82_the_entry_doubles_up_to_five_minutes
    v83_eleven_minutes_forget_it
    v84_nine_minutes_do_not
    v85_a_changed_image_starts_at_once
}
