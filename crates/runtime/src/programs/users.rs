//! Users and groups: `/etc/passwd` and `/etc/group`, `id`, `groups`.

use super::engine::text::lossy;
use super::plain::{Io, Run};

fn table(io: &mut Io<'_>, path: &str) -> Vec<Vec<String>> {
    io.read_file(path).map(|data| lossy(&data).lines().map(|l| l.split(':').map(ToOwned::to_owned).collect()).collect()).unwrap_or_default()
}

fn find(rows: &[Vec<String>], column: usize, text: &str, wanted: usize) -> Option<String> {
    rows.iter().find(|row| row.get(column).is_some_and(|c| c == text)).and_then(|row| row.get(wanted)).cloned()
}

/// The name of a user number.
pub fn user_name(io: &mut Io<'_>, uid: u32) -> Option<String> {
    let rows = table(io, "/etc/passwd");
    find(&rows, 2, &uid.to_string(), 0).or_else(|| (uid == 0).then(|| "root".to_owned()))
}
/// The name of a group number.
pub fn group_name(io: &mut Io<'_>, gid: u32) -> Option<String> {
    let rows = table(io, "/etc/group");
    find(&rows, 2, &gid.to_string(), 0).or_else(|| (gid == 0).then(|| "root".to_owned()))
}
/// A user by name or number: (user, group).
pub fn user_number(io: &mut Io<'_>, text: &str) -> Option<(u32, u32)> {
    let rows = table(io, "/etc/passwd");
    if let Some(uid) = find(&rows, 0, text, 2) {
        let gid = find(&rows, 0, text, 3).and_then(|g| g.parse().ok()).unwrap_or(0);
        return uid.parse().ok().map(|u| (u, gid));
    }
    if text == "root" {
        return Some((0, 0));
    }
    let uid: u32 = text.parse().ok()?;
    let gid = find(&rows, 2, text, 3).and_then(|g| g.parse().ok()).unwrap_or(uid);
    Some((uid, gid))
}
/// A group by name or number.
pub fn group_number(io: &mut Io<'_>, text: &str) -> Option<u32> {
    let rows = table(io, "/etc/group");
    find(&rows, 0, text, 2).and_then(|g| g.parse().ok()).or_else(|| (text == "root").then_some(0)).or_else(|| text.parse().ok())
}

/// The program `id`.
pub fn id(io: &mut Io<'_>) -> Run {
    let options = io.options("ugGnr", &[("user", 'u'), ("group", 'g'), ("groups", 'G'), ("name", 'n'), ("real", 'r')])?;
    let (uid, gid, mut groups) = if let Some(user) = options.operand(0) {
        match user_number(io, &user) {
            Some((uid, gid)) if io.table_has_user(&user) => (uid, gid, vec![gid]),
            _ if io.gnu() => return io.fail(1, format!("'{user}': no such user")),
            _ => return io.fail(1, format!("unknown user {user}")),
        }
    } else {
        let (uid, gid) = io.sys().user();
        (uid, gid, io.sys().groups())
    };
    let named = options.operand(0).is_some() || io.gnu();
    groups.retain(|g| *g != gid);
    let name = options.has('n');
    if options.has('u') {
        let text = if name { user_name(io, uid) } else { None }.unwrap_or_else(|| uid.to_string());
        io.outln(text);
        return Ok(0);
    }
    if options.has('g') {
        let text = if name { group_name(io, gid) } else { None }.unwrap_or_else(|| gid.to_string());
        io.outln(text);
        return Ok(0);
    }
    let mut all = vec![gid];
    all.extend(&groups);
    if options.has('G') {
        let mut shown = Vec::new();
        for g in all {
            shown.push(if name { group_name(io, g) } else { None }.unwrap_or_else(|| g.to_string()));
        }
        io.outln(shown.join(" "));
        return Ok(0);
    }
    let label = |number: u32, name: Option<String>| name.map_or_else(|| number.to_string(), |n| format!("{number}({n})"));
    let user = user_name(io, uid);
    let group = group_name(io, gid);
    let mut text = format!("uid={} gid={}", label(uid, user), label(gid, group));
    if named || !groups.is_empty() {
        let mut shown = Vec::new();
        for g in all {
            let name = group_name(io, g);
            shown.push(label(g, name));
        }
        text.push_str(&format!(" groups={}", shown.join(",")));
    }
    io.outln(text);
    Ok(0)
}

impl Io<'_> {
    /// Whether `/etc/passwd` names a user.
    pub fn table_has_user(&mut self, name: &str) -> bool {
        let rows = table(self, "/etc/passwd");
        find(&rows, 0, name, 2).is_some() || find(&rows, 2, name, 0).is_some() || name == "root"
    }
}

/// The program `groups`.
pub fn groups(io: &mut Io<'_>) -> Run {
    let (_, gid) = io.sys().user();
    let mut all = vec![gid];
    all.extend(io.sys().groups().into_iter().filter(|g| *g != gid));
    let mut shown = Vec::new();
    for g in all {
        shown.push(group_name(io, g).unwrap_or_else(|| g.to_string()));
    }
    io.outln(shown.join(" "));
    Ok(0)
}
