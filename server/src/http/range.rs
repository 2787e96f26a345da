//! Which bytes of a clip are wanted (RFC 9110 sections 13.1.5 and 14).

use std::ops::Range;

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};

use crate::nouns::Refusal;

/// What is answered.
#[derive(Debug, PartialEq, Eq)]
enum Wanted {
    /// All of it: 200.
    Whole,
    /// These bytes: 206.
    Part(Range<u64>),
}

/// Reads `Range` and `If-Range` for something of `len` bytes that is named `etag`.
///
/// What is no single range of bytes is ignored, as the RFC allows: the answer is the whole.
///
/// # Errors
/// [`Refusal::RangeNotSatisfiable`] when the range begins after the end.
fn wanted(headers: &HeaderMap, etag: &str, len: u64) -> Result<Wanted, Refusal> {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    // Only the very same bytes may be continued; a date never proves that.
    if text(header::IF_RANGE).is_some_and(|known| known != etag) {
        return Ok(Wanted::Whole);
    }
    let Some((first, last)) = text(header::RANGE).and_then(single) else { return Ok(Wanted::Whole) };
    let range = match (first, last) {
        (Some(first), Some(last)) if first > last => return Ok(Wanted::Whole),
        (Some(first), last) => first..last.map_or(len, |last| last.saturating_add(1).min(len)),
        (None, Some(suffix)) => len.saturating_sub(suffix)..len,
        (None, None) => return Ok(Wanted::Whole),
    };
    if range.is_empty() { Err(Refusal::RangeNotSatisfiable { len }) } else { Ok(Wanted::Part(range)) }
}

/// How an answer begins that gives a range: its status, which bytes, and the headers that say so.
///
/// # Errors
/// As `wanted`.
pub fn ranged(
    headers: &HeaderMap,
    etag: &str,
    len: u64,
) -> Result<(StatusCode, Range<u64>, HeaderMap), Refusal> {
    let (status, range) = match wanted(headers, etag, len)? {
        Wanted::Whole => (StatusCode::OK, 0..len),
        Wanted::Part(range) => (StatusCode::PARTIAL_CONTENT, range),
    };
    let mut answer = HeaderMap::new();
    answer.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    answer.insert(header::CONTENT_LENGTH, (range.end - range.start).into());
    answer.extend(HeaderValue::try_from(etag).map(|etag| (header::ETAG, etag)));
    if status == StatusCode::PARTIAL_CONTENT {
        let place = format!("bytes {}-{}/{len}", range.start, range.end - 1);
        answer.extend(HeaderValue::try_from(place).map(|place| (header::CONTENT_RANGE, place)));
    }
    Ok((status, range, answer))
}

/// `bytes=first-last`, either of which may be missing; `None` for anything else.
fn single(text: &str) -> Option<(Option<u64>, Option<u64>)> {
    let (unit, set) = text.split_once('=')?;
    let (first, last) = set.trim().split_once('-')?;
    let position = |text: &str| match text {
        "" => Some(None),
        digits if digits.bytes().all(|byte| byte.is_ascii_digit()) => digits.parse().ok().map(Some),
        _ => None,
    };
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return None;
    }
    Some((position(first)?, position(last)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(range: &str, if_range: Option<&str>) -> Result<Wanted, u64> {
        let mut headers = HeaderMap::new();
        headers.insert(header::RANGE, range.parse().unwrap());
        if let Some(if_range) = if_range {
            headers.insert(header::IF_RANGE, if_range.parse().unwrap());
        }
        wanted(&headers, "\"tag\"", 100).map_err(|refusal| match refusal {
            Refusal::RangeNotSatisfiable { len } => len,
            _ => 0,
        })
    }

    #[test]
    fn a_single_range_is_cut_to_what_is_there() {
        assert_eq!(of("bytes=0-9", None), Ok(Wanted::Part(0..10)));
        assert_eq!(of("bytes=99-99", None), Ok(Wanted::Part(99..100)));
        assert_eq!(of("bytes=90-", None), Ok(Wanted::Part(90..100)));
        assert_eq!(of("bytes=90-1000", None), Ok(Wanted::Part(90..100)));
        assert_eq!(of("bytes=0-18446744073709551615", None), Ok(Wanted::Part(0..100)));
        assert_eq!(of("bytes=-10", None), Ok(Wanted::Part(90..100)));
        assert_eq!(of("bytes=-1000", None), Ok(Wanted::Part(0..100)));
        assert_eq!(of("Bytes = 5-6", None), Ok(Wanted::Part(5..7)));
    }

    #[test]
    fn a_range_after_the_end_is_refused_with_the_length() {
        assert_eq!(of("bytes=100-", None), Err(100));
        assert_eq!(of("bytes=100-200", None), Err(100));
        assert_eq!(of("bytes=-0", None), Err(100));
    }

    #[test]
    fn what_is_no_single_range_of_bytes_is_ignored() {
        for range in [
            "bytes=0-1,5-6",
            "bytes=9-0",
            "items=0-1",
            "bytes=-",
            "bytes=a-b",
            "bytes",
            "bytes=+1-2",
            "bytes=1-2-3",
        ] {
            assert_eq!(of(range, None), Ok(Wanted::Whole), "{range}");
        }
        assert_eq!(of("bytes=99999999999999999999-", None), Ok(Wanted::Whole));
    }

    #[test]
    fn another_clip_is_not_continued() {
        assert_eq!(of("bytes=5-", Some("\"tag\"")), Ok(Wanted::Part(5..100)));
        assert_eq!(of("bytes=5-", Some("\"other\"")), Ok(Wanted::Whole));
        assert_eq!(of("bytes=5-", Some("W/\"tag\"")), Ok(Wanted::Whole));
        assert_eq!(of("bytes=500-", Some("Sat, 21 Nov 2026 18:00:00 GMT")), Ok(Wanted::Whole));
    }
}
