//! Random requests: built from what the fixture knows, bent in every part.

use serde_json::{Map, Value, json};

/// A small generator (xorshift64*), so that a seed means the same requests everywhere.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap()
    }

    /// True once in `times`.
    fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// One of the words in `list`.
    fn pick(&mut self, list: &str) -> String {
        let words: Vec<&str> = list.split_ascii_whitespace().collect();
        read(words[self.below(words.len())])
    }

    /// Up to `most` of the words, one after the other.
    fn join(&mut self, list: &str, most: usize) -> String {
        let count = self.below(most + 1);
        (0..count).map(|_| self.pick(list)).collect()
    }
}

/// In the lists a word stands for itself; these signs stand for what a list of words cannot hold.
fn read(word: &str) -> String {
    word.replace('∅', "")
        .replace('␠', " ")
        .replace('␉', "\t")
        .replace('␊', "\n")
}

pub(super) fn requests(seed: u64, count: usize) -> Vec<Value> {
    let mut dice = Dice(seed.max(1));
    (0..count).map(|_| request(&mut dice)).collect()
}

fn request(dice: &mut Dice) -> Value {
    match dice.below(11) {
        0..4 => routed(dice),
        4 => query(dice),
        5 | 6 => negotiated(dice),
        7 => cookie(dice),
        8 => cross_origin(dice),
        _ => with_body(dice),
    }
}

fn plain(group: &str, method: &str, target: &str, headers: &Map<String, Value>) -> Value {
    json!({"group": group, "method": method, "target": target, "headers": headers})
}

fn routed(dice: &mut Dice) -> Value {
    const GROUPS: &str = "routes routes mounts mounts strict failures empty";
    const METHODS: &str = "GET GET GET GET HEAD POST PUT DELETE OPTIONS PATCH";
    const SEGMENTS: &str = "notes NOTES 7 new any both a b list re 42 named 2024-12 mixed xx yy v w x 1-2 1.2.3 y \
        ab z abc s t end flight LAX-SFO q u merge deep more alone one two api v1 skip leave hook bad change rewrite \
        rw throw guarded unguarded child fall setting Case case slash plain Mount r CASE caf%C3%A9 %20 %zz %2F %E4 \
        %00 ∅ . .. a.b a+b ~ - file.txt x'y a;b a=b * $ (1) [1] a|b a^b ! @ ,";
    const QUERIES: &str = "∅ ∅ ∅ ? ?a=1 ?x=%20&y ?a[b]=1 ?? ?a=/b/c ?q=%zz";
    let mut path = String::new();
    for _ in 0..=dice.below(4) {
        path.push('/');
        path.push_str(&dice.pick(SEGMENTS));
    }
    if dice.once_in(5) {
        path.push('/');
    }
    path.push_str(&dice.pick(QUERIES));
    let (group, method) = (dice.pick(GROUPS), dice.pick(METHODS));
    plain(&group, &method, &path, &Map::new())
}

fn query(dice: &mut Dice) -> Value {
    const PARTS: &str = "a b = = & & [ ] [] [0] [1] [25] [b] [c] %5B %5D %20 %zz %C3%BC + 1 2 . __proto__ \
        constructor a[b]= a[]= a= &a[b][c]= &a=1 ; , % %4 %FF ~ ? / 10 -1 01 ' !";
    let group = dice.pick("query-simple query-extended query-extended");
    let text = dice.join(PARTS, 14);
    plain(&group, "GET", &format!("/?{text}"), &Map::new())
}

/// Headers that requests are negotiated by, with the parts of their values.
const HEADERS: [(&str, &str); 14] = [
    (
        "accept",
        "*/* text/* text/html text/plain application/json image/png ;q=0.5 ;q=0 ;␠q=.8 ;level=1 ,␠ , ␠ q=1 \" a/b",
    ),
    (
        "accept-encoding",
        "gzip br deflate identity * ;q=0.5 ;q=0 ,␠ , ␠ ;q=x",
    ),
    ("accept-charset", "utf-8 iso-8859-1 * ;q=0.5 ;q=0 ,␠ , ␠"),
    (
        "accept-language",
        "en en-US de de-AT * - ;q=0.5 ;␠q=0.2 ;q=0 ,␠ ,",
    ),
    (
        "x-forwarded-for",
        "1.2.3.4 10.0.0.7 127.0.0.1 ::1 ::ffff:10.0.0.1 x , ,␠ ␠",
    ),
    ("x-forwarded-proto", "http https , ␠"),
    ("x-forwarded-host", "a.example.com b.c:80 , ␠ [::1]:5 :"),
    ("range", "bytes= items= 0-5 5- -5 , 900-2000 x - ␠"),
    ("if-none-match", "\"v1\" W/\"v1\" * , ,␠ \"x\""),
    // One date only: `Date.parse` of V8 reads much that is no date of HTTP.
    ("if-modified-since", "Wed,␠21␠Oct␠2015␠07:28:00␠GMT"),
    ("cache-control", "no-cache max-age=0 , ,␠ ␠no-cache"),
    ("x-requested-with", "XMLHttpRequest xmlhttprequest x"),
    ("referer", "http://r.example"),
    ("x-test", "1 , a␠b"),
];

fn negotiated(dice: &mut Dice) -> Value {
    const GROUPS: &str = "request request trust-all trust-one trust-local answers";
    const ANSWERS: &str =
        "/format /format/default /redirect /redirect/html /send/own-etag /send/modified";
    const REQUESTS: &str = "/client /headers /accepts /accepts?of=json,html /accepts?of=text/plain,image/png \
        /encodings /encodings?of=br,gzip /charsets?of=utf-8,iso-8859-1 /languages /languages?of=de,en-us /range \
        /fresh /cached";
    let group = dice.pick(GROUPS);
    let target = dice.pick(if group == "answers" {
        ANSWERS
    } else {
        REQUESTS
    });
    let mut headers = Map::new();
    for _ in 0..=dice.below(3) {
        let (name, parts) = HEADERS[dice.below(HEADERS.len())];
        let most = if name == "if-modified-since" { 1 } else { 6 };
        headers.insert(name.to_owned(), json!(dice.join(parts, most).trim()));
    }
    let method = if dice.once_in(8) { "HEAD" } else { "GET" };
    plain(&group, method, &target, &headers)
}

fn cookie(dice: &mut Dice) -> Value {
    const PARTS: &str =
        "a b = = ; ;␠ \" %20 %zz %C3%BC j: s: {\"x\":1} 1 ␠ ␉ , s:hello.wrong __proto__";
    let headers = Map::from_iter([("cookie".to_owned(), json!(dice.join(PARTS, 10).trim()))]);
    plain(
        "cookies",
        "GET",
        &dice.pick("/plain /signed /none"),
        &headers,
    )
}

fn cross_origin(dice: &mut Dice) -> Value {
    const TARGETS: &str = "/default /fixed /list /reflect /off /full /texts /go-on";
    let mut headers = Map::new();
    for (name, values) in [
        ("origin", "https://one.example https://two.example null * ∅"),
        ("access-control-request-headers", "X-A x-b,␠X-C ∅ ,"),
    ] {
        if !dice.once_in(3) {
            headers.insert(name.to_owned(), json!(dice.pick(values)));
        }
    }
    plain(
        "cors",
        &dice.pick("GET OPTIONS POST DELETE"),
        &dice.pick(TARGETS),
        &headers,
    )
}

fn with_body(dice: &mut Dice) -> Value {
    const JSON: &str = "{ } [ ] : , \"a\" \"b\" 1 - 0 .5 e3 true null nul \" \\ \\u00e9 ü 😀 ␠ ␊ ␉ {\"a\":1} [1,2] \
        undefined 'x' // __proto__";
    const FORM: &str = "a b = = & & [ ] [] [0] [5] [b] %5B %20 %zz %C3%BC %FC + 1 utf8=%E2%9C%93 \
        &utf8=%26%2310003%3B %26%239786%3B . ü";
    const JSON_TARGETS: &str =
        "/json /json /json/loose /json/small /json/any /json/types /text /both /twice";
    const FORM_TARGETS: &str =
        "/form /form/simple /form/default /form/few /form/shallow /form/latin /both /json";
    let (targets, parts, usual) = if dice.once_in(2) {
        (FORM_TARGETS, FORM, "application/x-www-form-urlencoded")
    } else {
        (JSON_TARGETS, JSON, "application/json")
    };
    let body = dice.join(parts, 9);
    let kind = match dice.below(8) {
        0 => dice.pick("text/plain application/vnd.api+json nonsense ∅ text/x-json"),
        1 => {
            let odd = ";␠charset=utf-8 ;charset=\"UTF-8\" ;␠charset=latin1 ;␠x ; ;␠charset=";
            format!("{usual}{}", dice.pick(odd))
        }
        _ => usual.to_owned(),
    };
    let headers = json!({"content-type": kind, "content-length": body.len().to_string()});
    let target = dice.pick(targets);
    json!({"group": "bodies", "method": "POST", "target": target, "headers": headers, "body": body})
}
