//! Everything outside the cluster, as one container that answers HTTP for every host.
//!
//! Nothing leaves the simulation: that a host answers, and what, is an assumption, and said to be one.

use super::{Container, FsId, Kernel, MountPoint, NetSpace, PidSpace, Sandbox, Space, assumed::Assumed, process::Birth, walk::Cred};
use crate::{
    ContainerConfig, SandboxConfig,
    catalogue::Image,
    fs::{ROOT, Tree},
};
use std::{collections::BTreeMap, net::Ipv4Addr, rc::Rc};

/// The number of its container and sandbox.
pub(crate) const NUMBER: u32 = u32::MAX;
/// Its network.
pub(crate) const SPACE: Space = Space::Pod(NUMBER);
/// Its own address.
const ADDRESS: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 254);

impl Kernel {
    /// What listens on a port there; it is made when somebody asks for the first time.
    pub(crate) fn outside(&mut self, port: u16) -> Option<u32> {
        if self.sandboxes.get(&NUMBER).is_none() {
            self.make_outside();
        }
        self.spaces.get(&SPACE)?.listeners.get(&port)?.first().copied()
    }

    /// Tells that what a host outside answers is assumed.
    pub(crate) fn assume_outside(&mut self, container: u32, address: Ipv4Addr, port: u16) {
        self.assume(container, &format!("What {address}:{port}, a host outside the cluster, answers is assumed"));
    }

    fn make_outside(&mut self) {
        let now = self.now;
        self.spaces.insert(SPACE, NetSpace { ip: ADDRESS, users: 1, listeners: BTreeMap::new(), next_port: 32_768 });
        self.pid_spaces.insert(NUMBER, PidSpace::default());
        let config = Rc::new(SandboxConfig::alone("outside", ADDRESS));
        let sandbox = Sandbox { hostname: "outside".into(), space: SPACE, files: Tree::new(now, 0o755), containers: vec![NUMBER], config };
        self.sandboxes.insert(NUMBER, sandbox);
        let points = vec![MountPoint { fs: FsId::Layer(NUMBER), ino: ROOT, read_only: false, path: "".into(), inner: "".into() }];
        let container = Container::new(Rc::new(ContainerConfig::default()), NUMBER, Rc::new(Image::default()), Tree::new(now, 0o755), points, NUMBER, now);
        self.containers.insert(NUMBER, container);
        let birth = Birth {
            container: NUMBER,
            parent: None,
            program: Box::new(Assumed::outside()),
            argv: Rc::from([Rc::from("outside")]),
            env: Rc::default(),
            cwd: "/".into(),
            cred: Rc::new(Cred::default()),
            umask: 0o022,
            fds: Vec::new(),
            ignored: 0,
        };
        let Ok(process) = self.give_birth(birth) else { return };
        for port in [80, 443] {
            if let Ok(open) = self.listen(process, Ipv4Addr::UNSPECIFIED, port, true)
                && let Some(p) = self.processes.get_mut(process)
            {
                p.fds.push(Some(open));
            }
        }
    }
}
