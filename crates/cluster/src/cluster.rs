//! The cluster: its components, and the one loop that moves them through time.
//!
//! A component is never called out of turn. It sees every journal record once, in order (`observe`), and asks to be
//! woken (`ApiServer::schedule`); when its time comes it acts (`wake`), which makes new records. Nothing else happens.

use crate::controllers::Controllers;
use crate::kubelet::Kubelets;
use crate::queue::Wakeup;
use crate::scheduler::Scheduler;
use crate::{Action, ApiServer, Fact, Refusal, Settings, SimTime, birth};
use podglass_manifest::Object;
use std::rc::Rc;

/// A cluster with everything in it. A clone is a checkpoint.
#[derive(Clone, Debug)]
pub struct Cluster {
    api: ApiServer,
    scheduler: Scheduler,
    controllers: Controllers,
    kubelets: Kubelets,
    /// How many records of the journal the components have seen.
    seen: usize,
}

/// How far [`Cluster::advance_to`] came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The clock stands at the asked time, and everything due until then is done.
    Reached,
    /// The budget was used up before.
    OutOfBudget,
}

impl Cluster {
    /// A new cluster at time 0.
    pub fn new(settings: Settings) -> Cluster {
        let mut api = ApiServer::new(settings);
        birth::populate(&mut api);
        let mut cluster = Cluster { api, scheduler: Scheduler::default(), controllers: Controllers::default(), kubelets: Kubelets::default(), seen: 0 };
        cluster.deliver();
        cluster
    }

    /// The API server: objects, journal, clock.
    pub fn api(&self) -> &ApiServer {
        &self.api
    }
    /// The clock.
    pub fn now(&self) -> SimTime {
        self.api.now()
    }

    /// Does something to the cluster, now.
    ///
    /// # Errors
    /// When the API server refuses; the refusal is in the journal too.
    pub fn act(&mut self, action: Action) -> Result<Option<Rc<Object>>, Refusal> {
        let action = Rc::new(action);
        let cause = Some(self.api.record(Fact::ActionTaken(action.clone()), None));
        let result = self.perform(&action, cause);
        if let Err(refusal) = &result {
            self.api.record(Fact::ActionRefused { message: refusal.message.as_str().into() }, cause);
        }
        self.deliver();
        result
    }

    fn perform(&mut self, action: &Action, cause: crate::Cause) -> Result<Option<Rc<Object>>, Refusal> {
        match action {
            Action::Create(object) => self.api.submit(object.clone(), cause).map(Some),
            Action::Replace(object) => self.api.replace(object.clone(), cause).map(Some),
            Action::Apply(object) => {
                let mut key = object.key();
                if key.kind.namespaced() && key.namespace.is_empty() {
                    key.namespace = "default".into();
                }
                let exists = self.api.find(&key).is_some();
                if exists { self.api.replace(object.clone(), cause) } else { self.api.submit(object.clone(), cause) }.map(Some)
            }
            Action::Delete { key, grace_period, propagation } => self.api.delete(key, *grace_period, *propagation, cause).map(Some),
            Action::Interfere { .. } | Action::Arrange(_) => Ok(None),
        }
    }

    /// When something happens next; `None` when nothing ever will without an action.
    pub fn next_wakeup(&self) -> Option<SimTime> {
        self.api.next_due()
    }

    /// Does everything due at or before `to`, then sets the clock to it. Each wake-up costs one of `budget`.
    pub fn advance_to(&mut self, to: SimTime, budget: u64) -> Progress {
        let mut left = budget;
        while self.next_wakeup().is_some_and(|at| at <= to) {
            if left == 0 {
                return Progress::OutOfBudget;
            }
            left -= 1;
            self.step(to);
        }
        self.api.set_now(to);
        Progress::Reached
    }

    /// Does the one next thing.
    fn step(&mut self, to: SimTime) {
        let Some((at, wakeup, cause)) = self.api.take_due(to) else { return };
        self.api.set_now(at);
        match wakeup {
            Wakeup::Kubelet(due) => self.kubelets.wake(&mut self.api, due, cause),
            Wakeup::Controllers(due) => self.controllers.wake(&mut self.api, due, cause),
            Wakeup::Scheduler(due) => self.scheduler.wake(&mut self.api, due, cause),
        }
        self.deliver();
    }

    /// Shows every component the records it has not seen.
    fn deliver(&mut self) {
        while let Some(record) = self.api.journal().records().get(self.seen).cloned() {
            self.seen += 1;
            self.scheduler.observe(&mut self.api, &record);
            self.controllers.observe(&mut self.api, &record);
            self.kubelets.observe(&mut self.api, &record);
        }
    }
}
