//! A stable merge sort that accepts any comparison function, even one that contradicts itself.
//!
//! Runs are found and extended as V8's sort does it (`third_party/v8/builtins/array-sort.tq`), so that up to
//! [`SHORT`] elements even an inconsistent comparison such as `(a, b) => a > b` gives V8's order.

use super::Thrown;

/// Fewer elements than this are one run, sorted by binary insertion alone.
const SHORT: usize = 64;

/// Sorts in place; the first error ends the sort and leaves the items in some order.
pub(super) fn sort<T: Clone>(
    items: &mut [T],
    mut compare: impl FnMut(&T, &T) -> Result<f64, Thrown>,
) -> Result<(), Thrown> {
    sort_range(items, &mut compare)
}

fn sort_range<T: Clone>(
    items: &mut [T],
    compare: &mut impl FnMut(&T, &T) -> Result<f64, Thrown>,
) -> Result<(), Thrown> {
    if items.len() < SHORT {
        let run = leading_run(items, compare)?;
        return insert_rest(items, run, compare);
    }
    let middle = items.len() / 2;
    let (left, right) = items.split_at_mut(middle);
    sort_range(left, compare)?;
    sort_range(right, compare)?;
    merge(items, middle, compare)
}

/// The length of the ascending run at the start; a strictly descending one is reversed first.
fn leading_run<T>(
    items: &mut [T],
    compare: &mut impl FnMut(&T, &T) -> Result<f64, Thrown>,
) -> Result<usize, Thrown> {
    if items.len() < 2 {
        return Ok(items.len());
    }
    let descending = compare(&items[1], &items[0])? < 0.0;
    let mut end = 2;
    while end < items.len() {
        if (compare(&items[end], &items[end - 1])? < 0.0) != descending {
            break;
        }
        end += 1;
    }
    if descending {
        items[..end].reverse();
    }
    Ok(end)
}

/// Binary insertion of everything after the first `sorted` items.
fn insert_rest<T>(
    items: &mut [T],
    sorted: usize,
    compare: &mut impl FnMut(&T, &T) -> Result<f64, Thrown>,
) -> Result<(), Thrown> {
    for next in sorted..items.len() {
        let (mut left, mut right) = (0, next);
        while left < right {
            let middle = left + (right - left) / 2;
            if compare(&items[next], &items[middle])? < 0.0 {
                right = middle;
            } else {
                left = middle + 1;
            }
        }
        items[left..=next].rotate_right(1);
    }
    Ok(())
}

fn merge<T: Clone>(
    items: &mut [T],
    middle: usize,
    compare: &mut impl FnMut(&T, &T) -> Result<f64, Thrown>,
) -> Result<(), Thrown> {
    let left = items[..middle].to_vec();
    let (mut from_left, mut from_right, mut to) = (0, middle, 0);
    while from_left < left.len() && from_right < items.len() {
        if compare(&items[from_right], &left[from_left])? < 0.0 {
            items.swap(to, from_right);
            from_right += 1;
        } else {
            items[to] = left[from_left].clone();
            from_left += 1;
        }
        to += 1;
    }
    items[to..to + left.len() - from_left].clone_from_slice(&left[from_left..]);
    Ok(())
}
