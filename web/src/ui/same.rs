//! A part of the view, compared by its allocation.

use std::ops::Deref;
use std::rc::Rc;

/// The playground keeps a part's allocation as long as nothing in it changed, so a pointer tells
/// whether to draw: no component walks through a thousand Pods to find out that nothing happened.
#[derive(Debug)]
pub struct Same<T: ?Sized>(pub Rc<T>);

impl<T: ?Sized> Clone for Same<T> {
    fn clone(&self) -> Same<T> {
        Same(self.0.clone())
    }
}

impl<T: ?Sized> PartialEq for Same<T> {
    fn eq(&self, other: &Same<T>) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl<T: ?Sized> Deref for Same<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: ?Sized> From<&Rc<T>> for Same<T> {
    fn from(part: &Rc<T>) -> Same<T> {
        Same(part.clone())
    }
}
