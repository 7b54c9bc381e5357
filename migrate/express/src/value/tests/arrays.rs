//! `Array.prototype`.

use super::{fact, json};
use crate::value::{JsArray, JsString, JsValue, Thrown};
use crate::{array, object};

fn numbers(text: &'static str) -> JsArray {
    json(text).as_array().unwrap()
}

fn sparse() -> JsArray {
    let array = numbers("[1,2]");
    array.as_object().set("4", 5.into()).unwrap();
    array
}

#[test]
fn changing_methods_answer_and_leave_what_javascript_does() {
    let after = |change: &dyn Fn(&JsArray) -> JsValue| {
        let array = numbers("[1,2,3,4]");
        let answer = change(&array);
        Ok(array![answer, array])
    };
    fact(
        r#"(a => [a.push(9), a])([1,2,3,4])"#,
        after(&|a| a.push(9).into()),
    );
    fact(r#"(a => [a.pop(), a])([1,2,3,4])"#, after(&JsArray::pop));
    fact(
        r#"(a => [a.shift(), a])([1,2,3,4])"#,
        after(&JsArray::shift),
    );
    fact(
        r#"(a => [a.unshift(8,9), a])([1,2,3,4])"#,
        after(&|a| a.unshift([8.into(), 9.into()]).into()),
    );
    fact(
        r#"(a => [a.splice(1,2,"x"), a])([1,2,3,4])"#,
        after(&|a| a.splice(1.0, 2.0, ["x".into()]).into()),
    );
    fact(
        r#"(a => [a.splice(-1,1), a])([1,2,3,4])"#,
        after(&|a| a.splice(-1.0, 1.0, []).into()),
    );
    fact(
        r#"(a => [a.reverse(), a])([1,2,3,4])"#,
        after(&|a| a.reverse().into()),
    );
    fact(
        r#"[[].pop(), [].shift()]"#,
        Ok(array![JsArray::new().pop(), JsArray::new().shift()]),
    );
}

#[test]
fn reading_methods_answer_as_in_javascript() {
    let a = numbers("[1,2,3,4]");
    fact(r#"[1,2,3,4].slice(1,-1)"#, Ok(a.slice(1.0, -1.0)));
    fact(r#"[1,2,3,4].slice(-2)"#, Ok(a.slice(-2.0, f64::INFINITY)));
    fact(r#"[1,2,3,4].at(-1)"#, Ok(a.at(-1.0)));
    fact(r#"[1,2,3,4].at(4)"#, Ok(a.at(4.0)));
    fact(
        r#"[1].concat(2,[3,[4]])"#,
        Ok(numbers("[1]").concat(&[2.into(), json("[3,[4]]")])),
    );
    fact(
        r#"[NaN].includes(NaN)"#,
        Ok(JsArray::from_values([f64::NAN.into()]).includes(&f64::NAN.into())),
    );
    fact(
        r#"[NaN].indexOf(NaN)"#,
        Ok(JsArray::from_values([f64::NAN.into()]).index_of(&f64::NAN.into())),
    );
    fact(r#"[1,2,3,4].indexOf("2")"#, Ok(a.index_of(&"2".into())));
    fact(
        r#"[1,2,1].lastIndexOf(1)"#,
        Ok(numbers("[1,2,1]").last_index_of(&1.into())),
    );
    fact(
        r#"[1,null,undefined,"x",[2,[3]],{}].join("-")"#,
        array![1, JsValue::Null, (), "x", json("[2,[3]]"), object![]].join(&"-".into()),
    );
    fact(r#"(a => { a.push(a); return String(a) })([1,2])"#, {
        let cyclic = numbers("[1,2]");
        cyclic.push(JsValue::from(cyclic.clone()));
        JsValue::from(cyclic).to_js_string()
    });
    fact(r#"[[1,[2]],3].flat()"#, Ok(numbers("[[1,[2]],3]").flat()));
}

#[test]
fn holes_are_skipped_where_javascript_skips_them() {
    fact(r#"(a => { a[4] = 5; return a })([1,2])"#, Ok(sparse()));
    fact(
        r#"(a => { a[4] = 5; return Object.keys(a) })([1,2])"#,
        Ok(JsArray::from_iter(sparse().as_object().keys())),
    );
    fact(
        r#"(a => { a[4] = 5; return a.filter(() => true) })([1,2])"#,
        sparse().filter(|_, _| Ok(true)),
    );
    fact(
        r#"(a => { a[4] = 5; return a.map(x => x).length })([1,2])"#,
        sparse()
            .map(|it, _| Ok(it))
            .map(|it| it.as_object().get("length")),
    );
    fact(
        r#"(a => { a[4] = 5; return a.findIndex(x => x === undefined) })([1,2])"#,
        sparse().find_index(|it, _| Ok(it.is_undefined())),
    );
    fact(
        r#"(a => { a[4] = 5; return a.indexOf(undefined) })([1,2])"#,
        Ok(sparse().index_of(&JsValue::Undefined)),
    );
    fact(
        r#"(a => { a[4] = 5; return 3 in a })([1,2])"#,
        Ok(sparse().as_object().has("3")),
    );
    fact(r#"(a => { a.length = 1; return a })([1,2])"#, {
        let array = numbers("[1,2]");
        array.as_object().set("length", 1.into()).map(|()| array)
    });
    fact(
        r#"(a => { a.length = -1; return a })([1,2])"#,
        numbers("[1,2]").as_object().set("length", (-1).into()),
    );
}

#[test]
fn callbacks_see_what_javascript_shows_them() {
    let a = || numbers("[3,1,2]");
    let number = |value: &JsValue| value.as_number().unwrap();
    fact(
        r#"[3,1,2].map((x, i) => x * 10 + i)"#,
        a().map(|x, i| Ok(number(&x) * 10.0 + i)),
    );
    fact(
        r#"[3,1,2].filter(x => x > 1)"#,
        a().filter(|x, _| Ok(number(&x) > 1.0)),
    );
    fact(
        r#"[3,1,2].find(x => x < 3)"#,
        a().find(|x, _| Ok(number(&x) < 3.0)),
    );
    fact(
        r#"[3,1,2].find(x => x > 3)"#,
        a().find(|x, _| Ok(number(&x) > 3.0)),
    );
    fact(
        r#"[3,1,2].some(x => x > 2)"#,
        a().some(|x, _| Ok(number(&x) > 2.0)),
    );
    fact(
        r#"[].every(x => false)"#,
        JsArray::new().every(|_, _| Ok(false)),
    );
    fact(
        r#"[3,1,2].reduce((sum, x) => sum + x, 0)"#,
        a().reduce(0.0, |sum, x, _| Ok(sum + number(&x))),
    );
    fact(
        r#"[3,1,2].reduce((sum, x) => sum + x)"#,
        a().reduce_from_first(|sum, x, _| sum.plus(&x)),
    );
    fact(
        r#"[].reduce((sum, x) => sum + x)"#,
        JsArray::new().reduce_from_first(|sum, x, _| sum.plus(&x)),
    );
    fact(
        r#"[3,1,2].flatMap(x => [x, [x]])"#,
        a().flat_map(|x, _| Ok(array![x.clone(), array![x]])),
    );
    fact(
        r#"(a => { const seen = []; a.forEach(x => { seen.push(x); a.pop() }); return seen })([1,2,3,4])"#,
        {
            let (array, seen) = (numbers("[1,2,3,4]"), JsArray::new());
            let walked = array.for_each(|x, _| {
                seen.push(x);
                array.pop();
                Ok(())
            });
            walked.map(|()| seen)
        },
    );
    fact(
        r#"[1].map(() => { throw new RangeError("no") })"#,
        a().map(|_, _| Err::<JsValue, _>(Thrown::range_error("no"))),
    );
}

#[test]
fn sorting_gives_the_order_of_v8() {
    let random = "[38,4,71,9,50,12,67,3,88,25,41,77,16,59,2,95,33,64,20,81]";
    fact(
        r#"[10,9,1,undefined,"b","B"].sort()"#,
        array![10, 9, 1, (), "b", "B"].sort(),
    );
    fact(
        r#"[38,4,71,9,50,12,67,3,88,25,41,77,16,59,2,95,33,64,20,81].sort((a, b) => a - b)"#,
        numbers(random).sort_by(|a, b| Ok(a.to_number()? - b.to_number()?)),
    );
    fact(
        r#"[38,4,71,9,50,12,67,3,88,25,41,77,16,59,2,95,33,64,20,81].sort((a, b) => a > b)"#,
        numbers(random).sort_by(|a, b| Ok(f64::from(u8::from(a.greater(&b)?)))),
    );
    fact(
        r#"[38,4,71,9,50,12,67,3,88,25,41,77,16,59,2,95,33,64,20,81].sort((a, b) => a < b)"#,
        numbers(random).sort_by(|a, b| Ok(f64::from(u8::from(a.less(&b)?)))),
    );
    fact(
        r#"[3,1,2].sort(() => NaN)"#,
        numbers("[3,1,2]").sort_by(|_, _| Ok(f64::NAN)),
    );
    fact(
        r#"(a => { a[4] = 0; a.sort(); return [a, Object.keys(a)] })([2,undefined])"#,
        {
            let array = array![2, ()];
            array.as_object().set("4", 0.into()).unwrap();
            array.sort().map(|sorted| {
                let keys = JsArray::from_iter(sorted.as_object().keys());
                array![sorted, keys]
            })
        },
    );
}

#[test]
fn a_consistent_order_sorts_long_arrays_stably() {
    let items: JsArray = (0..1000)
        .map(|n: i32| object![("key", (n * 7919) % 13), ("position", n)])
        .collect();
    let key = |item: &JsValue, name: &str| item.get(name).unwrap().as_number().unwrap();
    items
        .sort_by(|a, b| Ok(key(&a, "key") - key(&b, "key")))
        .unwrap();
    let sorted = items.to_vec();
    let ordered = sorted.windows(2).all(|pair| {
        (key(&pair[0], "key"), key(&pair[0], "position"))
            < (key(&pair[1], "key"), key(&pair[1], "position"))
    });
    assert!(ordered);
}

#[test]
fn a_huge_index_is_refused_instead_of_allocated() {
    let array = JsArray::new();
    let refused = array.as_object().set("4294967294", 1.into()).unwrap_err();
    assert_eq!(refused.to_string(), "RangeError: Invalid array length");
    assert_eq!(array.join(&JsString::literal(",")).unwrap(), "");
}
