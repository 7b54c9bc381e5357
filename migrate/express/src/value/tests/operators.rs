//! Operators on values of any type: a whole table of pairs at once.

use super::{fact, json};
use crate::value::{JsArray, JsValue, Thrown};
use crate::{array, object};

fn values() -> Vec<JsValue> {
    vec![
        JsValue::Undefined,
        JsValue::Null,
        true.into(),
        false.into(),
        0.into(),
        1.into(),
        (-1.5).into(),
        f64::NAN.into(),
        "".into(),
        "0".into(),
        "1".into(),
        "abc".into(),
        " 1 ".into(),
        array![].into(),
        array![1].into(),
        json("[1,2]"),
        object![],
    ]
}

fn table<T: Into<JsValue>>(
    answer: impl Fn(&JsValue, &JsValue) -> Result<T, Thrown>,
) -> Result<JsArray, Thrown> {
    let values = values();
    let mut answers = JsArray::new();
    for left in &values {
        let row: Result<Vec<_>, _> = values.iter().map(|right| answer(left, right)).collect();
        answers.push(JsArray::from_iter(row?));
    }
    Ok(std::mem::take(&mut answers))
}

#[test]
fn every_pair_of_types_compares_and_adds_as_in_javascript() {
    fact(
        r#"(v => v.map(a => v.map(b => a == b)))([undefined,null,true,false,0,1,-1.5,NaN,"","0","1","abc"," 1 ",[],[1],[1,2],{}])"#,
        table(JsValue::loosely_equals),
    );
    fact(
        r#"(v => v.map(a => v.map(b => a === b)))([undefined,null,true,false,0,1,-1.5,NaN,"","0","1","abc"," 1 ",[],[1],[1,2],{}])"#,
        table(|a, b| Ok(a == b)),
    );
    fact(
        r#"(v => v.map(a => v.map(b => a < b)))([undefined,null,true,false,0,1,-1.5,NaN,"","0","1","abc"," 1 ",[],[1],[1,2],{}])"#,
        table(JsValue::less),
    );
    fact(
        r#"(v => v.map(a => v.map(b => a >= b)))([undefined,null,true,false,0,1,-1.5,NaN,"","0","1","abc"," 1 ",[],[1],[1,2],{}])"#,
        table(JsValue::at_least),
    );
    fact(
        r#"(v => v.map(a => v.map(b => a > b)))([undefined,null,true,false,0,1,-1.5,NaN,"","0","1","abc"," 1 ",[],[1],[1,2],{}])"#,
        table(JsValue::greater),
    );
    fact(
        r#"(v => v.map(a => v.map(b => a <= b)))([undefined,null,true,false,0,1,-1.5,NaN,"","0","1","abc"," 1 ",[],[1],[1,2],{}])"#,
        table(JsValue::at_most),
    );
    fact(
        r#"(v => v.map(a => v.map(b => a + b)))([undefined,null,true,false,0,1,-1.5,NaN,"","0","1","abc"," 1 ",[],[1],[1,2],{}])"#,
        table(JsValue::plus),
    );
    fact(
        r#"(v => v.map(a => a | 0))([undefined,null,true,false,0,1,-1.5,NaN,"","0","1","abc"," 1 ",[],[1],[1,2],{}])"#,
        values()
            .iter()
            .map(JsValue::to_int32)
            .collect::<Result<Vec<_>, _>>()
            .map(JsArray::from_iter),
    );
}
