//! Which class a request has under a grant.

use super::Method;
use crate::Class;

/// The class of a request: the grant's, if it states one, else the method's.
pub fn effective_class(grant: Option<Class>, method: &Method) -> Class {
    grant.unwrap_or_else(|| method.class())
}
