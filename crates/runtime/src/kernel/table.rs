//! A table with given numbers, which only grow: what is looked up at every system call.

/// A number so far beyond the last one is no next one.
const FAR: usize = 1 << 16;

/// Values by number. Numbers of what is gone are not used again.
#[derive(Clone, Debug)]
pub(crate) struct Table<T> {
    items: Vec<Option<Box<T>>>,
    /// The few with numbers far beyond the others.
    apart: Vec<(u32, Box<T>)>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Table { items: Vec::new(), apart: Vec::new() }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the calls of a map")]
impl<T> Table<T> {
    pub(crate) fn get(&self, id: &u32) -> Option<&T> {
        match self.items.get(*id as usize) {
            Some(slot) => slot.as_deref(),
            None => self.apart.iter().find(|(number, _)| number == id).map(|(_, item)| &**item),
        }
    }
    pub(crate) fn get_mut(&mut self, id: &u32) -> Option<&mut T> {
        match self.items.get_mut(*id as usize) {
            Some(slot) => slot.as_deref_mut(),
            None => self.apart.iter_mut().find(|(number, _)| number == id).map(|(_, item)| &mut **item),
        }
    }
    pub(crate) fn insert(&mut self, id: u32, item: T) {
        let at = id as usize;
        if at > self.items.len() + FAR {
            self.apart.retain(|(number, _)| *number != id);
            self.apart.push((id, Box::new(item)));
            return;
        }
        if self.items.len() <= at {
            self.items.resize_with(at + 1, || None);
        }
        if let Some(slot) = self.items.get_mut(at) {
            *slot = Some(Box::new(item));
        }
    }
    pub(crate) fn remove(&mut self, id: &u32) -> Option<T> {
        let Some(slot) = self.items.get_mut(*id as usize) else {
            let at = self.apart.iter().position(|(number, _)| number == id)?;
            return Some(*self.apart.remove(at).1);
        };
        slot.take().map(|item| *item)
    }
}
