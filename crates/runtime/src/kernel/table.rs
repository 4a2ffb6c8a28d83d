//! A table with given numbers, which only grow: what is looked up at every system call.

/// Values by number. Numbers of what is gone are not used again.
#[derive(Clone, Debug)]
pub(crate) struct Table<T> {
    items: Vec<Option<Box<T>>>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Table { items: Vec::new() }
    }
}

impl<T> Table<T> {
    pub(crate) fn get(&self, id: &u32) -> Option<&T> {
        self.items.get(*id as usize)?.as_deref()
    }
    pub(crate) fn get_mut(&mut self, id: &u32) -> Option<&mut T> {
        self.items.get_mut(*id as usize)?.as_deref_mut()
    }
    fn slot(&mut self, id: u32) -> &mut Option<Box<T>> {
        let at = id as usize;
        if self.items.len() <= at {
            self.items.resize_with(at + 1, || None);
        }
        &mut self.items[at]
    }
    pub(crate) fn insert(&mut self, id: u32, item: T) {
        *self.slot(id) = Some(Box::new(item));
    }
    pub(crate) fn remove(&mut self, id: &u32) -> Option<T> {
        self.items.get_mut(*id as usize)?.take().map(|item| *item)
    }
}

impl<T: Default> Table<T> {
    /// The value with this number, made where it is missing.
    pub(crate) fn or_default(&mut self, id: u32) -> &mut T {
        self.slot(id).get_or_insert_default()
    }
}
