//! The lease that a device is offered for a release that the gate allows.

use crate::instant::Span;

/// The longest that a lease lasts, whatever the terms say: a device reads no more local days than fit in its header, and
/// a lease that it cannot read would keep it from reading the denials beside it.
pub const LONGEST: Span = Span::from_days(31);
