//! The cluster: its components, and the one loop that moves them through time.
//!
//! A component is never called out of turn. It sees every journal record once, in order (`observe`), and asks to be
//! woken (`ApiServer::schedule`); when its time comes it acts (`wake`), which makes new records. Nothing else happens.

mod docker;

use crate::controllers::Controllers;
use crate::kubelet::Kubelets;
use crate::queue::Wakeup;
use crate::scheduler::Scheduler;
use crate::{Action, ApiServer, Fact, Refusal, Settings, SimTime, birth, kubelet};
use podglass_manifest::{Object, ObjectKey};
use podglass_runtime::catalogue::Catalogue;
use podglass_runtime::{ContainerId, Runtime, SandboxId, TaskId, TaskOutcome, VolumeId};
use std::collections::BTreeMap;
use std::rc::Rc;

/// A cluster with everything in it. A clone is a checkpoint.
#[derive(Clone, Debug)]
pub struct Cluster {
    api: ApiServer,
    scheduler: Scheduler,
    controllers: Controllers,
    kubelets: Kubelets,
    runtime: Runtime,
    /// Outcomes of the tasks that [`Cluster::exec`] and [`Cluster::request`] began.
    outcomes: BTreeMap<TaskId, TaskOutcome>,
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
    /// A new cluster at time 0 with the images of the built-in catalogue.
    pub fn new(settings: Settings) -> Cluster {
        Cluster::with_catalogue(settings, Catalogue::shared())
    }

    /// A new cluster at time 0 with a catalogue of images.
    pub fn with_catalogue(settings: Settings, catalogue: Rc<Catalogue>) -> Cluster {
        let runtime = Runtime::new(catalogue, settings.seed, settings.epoch);
        let mut api = ApiServer::new(settings);
        birth::populate(&mut api);
        let mut cluster = Cluster {
            api,
            scheduler: Scheduler::default(),
            controllers: Controllers::default(),
            kubelets: Kubelets::default(),
            runtime,
            outcomes: BTreeMap::new(),
            seen: 0,
        };
        cluster.deliver();
        cluster
    }

    /// The API server: objects, journal, clock.
    pub fn api(&self) -> &ApiServer {
        &self.api
    }
    /// What runs in the containers.
    pub fn runtime(&self) -> &Runtime {
        &self.runtime
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
            Action::Create(object) => self.api.submit_checked(object.clone(), cause).map(Some),
            Action::Replace(object) => self.api.replace(object.clone(), cause).map(Some),
            Action::ReplacePart { object, part } => self.api.replace_part(object.clone(), part, cause).map(Some),
            Action::Apply(object) => {
                let mut key = object.key();
                if object.namespaced() && key.namespace.is_empty() {
                    key.namespace = "default".into();
                }
                let exists = self.api.find(&key).is_some();
                if exists { self.api.replace(object.clone(), cause) } else { self.api.submit_checked(object.clone(), cause) }.map(Some)
            }
            Action::Delete { key, grace_period, propagation } => self.api.delete(key, *grace_period, *propagation, cause).map(Some),
            Action::Interfere { pod, container, how } => {
                let object = self.api.find(pod).cloned().ok_or_else(|| Refusal::not_found(pod))?;
                let id = self.kubelets.container(pod, container, false).filter(|_| self.kubelets.running(pod, container));
                let id = id.ok_or_else(|| Refusal { reason: "Conflict", message: format!("container {container:?} of pod {:?} does not run", pod.name) })?;
                self.runtime.interfere(self.api.now(), id, how.clone());
                self.hear(cause);
                Ok(Some(object))
            }
            Action::LoseSandbox { pod } => {
                let object = self.api.find(pod).cloned().ok_or_else(|| Refusal::not_found(pod))?;
                if !self.kubelets.lose_sandbox(&mut self.api, &mut self.runtime, pod, cause) {
                    return Err(Refusal { reason: "Conflict", message: format!("pod \"{}\" has no sandbox", pod.name) });
                }
                self.hear(cause);
                Ok(Some(object))
            }
            Action::Arrange(_) => Ok(None),
        }
    }

    /// When something happens next; `None` when nothing ever will without an action.
    pub fn next_wakeup(&self) -> Option<SimTime> {
        match (self.api.next_due(), self.runtime.next_wakeup()) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
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

    /// Does the one next thing: at equal times what runs in containers comes first.
    fn step(&mut self, to: SimTime) {
        let (queued, inside) = (self.api.next_due(), self.runtime.next_wakeup());
        if let Some(at) = inside.filter(|i| queued.is_none_or(|q| *i <= q)) {
            self.api.set_now(at);
            self.runtime.advance(at.max(self.api.now()));
            self.hear(None);
            self.deliver();
            return;
        }
        let Some((at, wakeup, cause)) = self.api.take_due(to) else { return };
        self.api.set_now(at);
        let before = self.api.last_record();
        match wakeup {
            Wakeup::Kubelet(due) => self.kubelets.wake(&mut self.api, &mut self.runtime, due, cause),
            Wakeup::Controllers(due) => self.controllers.wake(&mut self.api, due, cause),
            Wakeup::Scheduler(due) => self.scheduler.wake(&mut self.api, due, cause),
        }
        // What the runtime does at once follows from what was just recorded, if anything was.
        let last = self.api.last_record().filter(|l| Some(*l) != before);
        self.hear(last);
        self.deliver();
    }

    /// Takes what happened in the runtime to those who wait for it, and into the journal.
    fn hear(&mut self, cause: crate::Cause) {
        loop {
            let heard = self.runtime.take_occurrences();
            if heard.is_empty() {
                return;
            }
            for occurrence in heard {
                if let Some((task, outcome)) = self.kubelets.occurred(&mut self.api, &mut self.runtime, occurrence, cause) {
                    self.outcomes.insert(task, outcome);
                }
            }
        }
    }

    /// Shows every component the records it has not seen.
    fn deliver(&mut self) {
        while let Some(record) = self.api.journal().records().get(self.seen).cloned() {
            self.seen += 1;
            self.scheduler.observe(&mut self.api, &record);
            self.controllers.observe(&mut self.api, &record);
            self.kubelets.observe(&mut self.api, &record);
        }
        if let Some(table) = self.controllers.take_network(&self.api) {
            self.runtime.set_network(self.api.now(), table);
        }
    }

    /// Starts a command in a running container. Its outcome comes with time: [`Cluster::task_outcome`].
    ///
    /// # Errors
    /// When the container does not run; the API server's words.
    pub fn exec(&mut self, pod: &ObjectKey, container: &str, argv: Vec<String>, stdin: String) -> Result<TaskId, String> {
        let id = self.kubelets.container(pod, container, false).filter(|_| self.kubelets.running(pod, container));
        let id = id.ok_or_else(|| format!("unable to upgrade connection: container not found (\"{container}\")"))?;
        let task = self.runtime.exec(self.api.now(), id, argv, stdin);
        self.hear(None);
        self.deliver();
        Ok(task)
    }

    /// Sends a request from a node (`port-forward`, a look from outside).
    pub fn request(&mut self, node: u32, request: podglass_runtime::Request) -> TaskId {
        let task = self.runtime.request(self.api.now(), node, request);
        self.hear(None);
        self.deliver();
        task
    }

    /// How a task ended; `None` while it runs.
    pub fn task_outcome(&self, task: TaskId) -> Option<&TaskOutcome> {
        self.outcomes.get(&task)
    }

    /// The runtime's id of a container's newest run.
    pub fn container_id(&self, pod: &ObjectKey, container: &str) -> Option<ContainerId> {
        self.kubelets.container(pod, container, false)
    }
    /// The runtime's id of the run before it.
    pub fn previous_container_id(&self, pod: &ObjectKey, container: &str) -> Option<ContainerId> {
        self.kubelets.container(pod, container, true)
    }
    /// Whether a container runs, whatever its status still says.
    pub fn container_running(&self, pod: &ObjectKey, container: &str) -> bool {
        self.kubelets.running(pod, container)
    }
    /// The sandbox of a Pod.
    pub fn pod_sandbox(&self, pod: &ObjectKey) -> Option<SandboxId> {
        self.kubelets.sandbox(pod)
    }
    /// The mounted volumes of a Pod, by name.
    pub fn pod_volumes(&self, pod: &ObjectKey) -> Vec<(String, VolumeId)> {
        self.kubelets.volumes(pod)
    }
    /// What the running containers of a Pod asked for over time.
    pub fn requests_over_time(&self, pod: &ObjectKey) -> Vec<kubelet::staircase::Turn> {
        kubelet::staircase::over_time(self.api.journal(), pod)
    }
    /// What the running containers of a Pod ask for together, in thousandths of each resource's unit.
    pub fn running_requests(&self, pod: &ObjectKey) -> kubelet::resources::Amounts {
        self.kubelets.running_requests(pod)
    }
}
