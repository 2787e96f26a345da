//! Which of two terms is stricter, field by field.

use crate::terms::{Terms, TermsChange};

/// Whether `after` is stricter than `before` in some field: then devices that hold leases under `before` are to be woken.
/// The other way round it says whether a change relaxes anything: then what it is over must be named.
#[must_use]
pub fn is_stricter_somewhere(after: &Terms, before: &Terms) -> bool {
    let fewer = |after: Option<u16>, before: Option<u16>| match (after, before) {
        (Some(after), Some(before)) => after < before,
        (Some(_), None) => true,
        (None, _) => false,
    };
    after.expires_at < before.expires_at
        || after.not_before > before.not_before
        || after.offline_for < before.offline_for
        || fewer(after.daily_limit, before.daily_limit)
        || fewer(after.planned_daily, before.planned_daily)
        || before.quiet_hours.union(&after.quiet_hours) != before.quiet_hours
}

/// Terms with a change applied, as if nobody else had changed anything.
#[must_use]
pub fn changed(terms: &Terms, set: &TermsChange) -> Terms {
    Terms {
        not_before: set.not_before.unwrap_or(terms.not_before),
        expires_at: set.expires_at.unwrap_or(terms.expires_at),
        offline_for: set.offline_for.unwrap_or(terms.offline_for),
        daily_limit: set.daily_limit.unwrap_or(terms.daily_limit),
        quiet_hours: set.quiet_hours.clone().unwrap_or_else(|| terms.quiet_hours.clone()),
        planned_daily: set.planned_daily.unwrap_or(terms.planned_daily),
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        instant::{Instant, Span},
        terms::QuietHours,
    };

    use super::*;

    fn terms() -> Terms {
        Terms {
            not_before: None,
            expires_at: Instant::from_millis(100),
            offline_for: Span::from_hours(72),
            daily_limit: Some(3),
            quiet_hours: QuietHours::NONE,
            planned_daily: None,
        }
    }

    #[test]
    fn each_field_is_stricter_in_one_direction_only() {
        let stricter = [
            TermsChange { not_before: Some(Some(Instant::from_millis(5))), ..TermsChange::default() },
            TermsChange { expires_at: Some(Instant::from_millis(99)), ..TermsChange::default() },
            TermsChange { offline_for: Some(Span::from_hours(71)), ..TermsChange::default() },
            TermsChange { daily_limit: Some(Some(2)), ..TermsChange::default() },
            TermsChange { quiet_hours: QuietHours::between(60, 120), ..TermsChange::default() },
            TermsChange { planned_daily: Some(Some(2)), ..TermsChange::default() },
        ];
        for set in stricter {
            let after = changed(&terms(), &set);
            assert!(is_stricter_somewhere(&after, &terms()), "{set:?}");
            assert!(!is_stricter_somewhere(&terms(), &after), "{set:?}");
        }
        assert!(!is_stricter_somewhere(&terms(), &terms()));
    }

    #[test]
    fn no_limit_is_the_weakest() {
        let lifted = TermsChange { daily_limit: Some(None), ..TermsChange::default() };
        let after = changed(&terms(), &lifted);
        assert!(is_stricter_somewhere(&terms(), &after));
        assert!(!is_stricter_somewhere(&after, &terms()));
    }
}
