//! Sources that are broken, hostile or missing give a finding, never a failure.

use isobar_migrate_analyze::{ErrorKind, MemoryTree, ScanOptions, Silent, SourceTree, scan};
use std::path::Path;
use std::sync::Arc;

use crate::source_tree::{ROOT, findings, scan_files, scan_tree, sites};

/// Scans `files` and compares routes and findings.
fn check(files: &[(&str, &str)], expected_routes: &str, expected_findings: &[&str]) {
    let application = scan_files(files);
    assert_eq!(sites(&application), expected_routes);
    let shown = findings(&application);
    for expected in expected_findings {
        assert!(shown.contains(expected), "`{expected}` is not in\n{shown}");
    }
}

const APP: &str =
    "const app = require('express')();\napp.get('/ok', (req, res) => res.send(''));\n";

#[test]
fn a_syntax_error_in_one_module_leaves_the_others() {
    let app = format!("{APP}require('./broken');\n");
    check(
        &[("app.js", &app), ("broken.js", "const = ;\n")],
        "GET /ok app.js:2\n",
        &["broken.js:1: the file does not parse"],
    );
}

#[test]
fn a_missing_module_is_named_with_its_place() {
    let app = format!("{APP}const gone = require('./gone');\ngone.register(app);\n");
    check(
        &[("app.js", &app)],
        "GET /ok app.js:2\n",
        &["app.js:3: the module `./gone` is not there"],
    );
}

#[test]
fn modules_that_import_each_other_end() {
    let a = "const express = require('express');\nconst app = express();\nexports.app = app;\n\
             require('./b');\napp.get('/a', h);\n";
    let b = "const { app } = require('./index');\napp.get('/b', h);\n";
    check(
        &[("index.js", a), ("b.js", b)],
        "GET /b b.js:2\nGET /a index.js:5\n",
        &[],
    );
}

#[test]
fn a_circle_of_links_ends() {
    let tree = MemoryTree::new()
        .with_file(format!("{ROOT}/app.js"), APP)
        .with_link(format!("{ROOT}/loop"), format!("{ROOT}/loop"))
        .with_link(format!("{ROOT}/self"), ROOT);
    assert_eq!(sites(&scan_tree(tree)), "GET /ok app.js:2\n");
}

#[test]
fn an_unreadable_directory_is_a_finding() {
    let tree = MemoryTree::new()
        .with_file(format!("{ROOT}/app.js"), APP)
        .with_unreadable(format!("{ROOT}/secret"));
    let application = scan_tree(tree);
    assert_eq!(sites(&application), "GET /ok app.js:2\n");
    assert!(findings(&application).contains("secret: the directory could not be listed"));
}

#[test]
fn ten_megabytes_on_one_line_are_read() {
    let bundle = format!(
        "{}{}",
        "var a=1;function b(c){return c?[1,{d:2}]:!c};".repeat(230_000),
        APP
    );
    assert!(bundle.len() > 10_000_000);
    let application = scan_files(&[("app.js", &bundle)]);
    assert_eq!(sites(&application), "GET /ok app.js:2\n");
}

#[test]
fn towers_of_brackets_are_refused() {
    for tower in ["(", "[", "{", "!", "a=>", "`${", "a?b:"] {
        let application = scan_files(&[("app.js", &tower.repeat(200_000))]);
        let shown = findings(&application);
        assert!(
            shown.contains("app.js:1: the file does not parse"),
            "{tower}: {shown}"
        );
    }
}

#[test]
fn long_chains_are_read_or_refused() {
    let links = [
        "a=",
        "a.b.",
        "a?.b.",
        "f()",
        "typeof ",
        "new ",
        "await ",
        "a||",
        "a&&",
        "a??",
        "a+",
        "a,",
        "x!",
        "if(a);else ",
        "for(;;)",
        "while(a)",
        "a:",
        "...",
        "<a>",
        "f`a`",
        "class A{m(){",
        "try{",
    ];
    for link in links {
        let app = format!("{APP}{}a", link.repeat(400));
        scan_files(&[("app.js", &app)]);
        scan_files(&[("app.ts", &app)]);
    }
}

#[test]
fn chains_of_millions_are_refused() {
    for link in [
        "a=", "new ", "a:", "for(;;)", "do ", "<a>", "yield ", "typeof\n",
    ] {
        let application = scan_files(&[("app.js", &link.repeat(1_000_000))]);
        let shown = findings(&application);
        assert!(
            shown.contains("app.js:") && shown.contains(": the file does not parse"),
            "{link}: {shown}"
        );
    }
}

#[test]
fn programs_that_never_end_are_left() {
    let endless = [
        "while (true) {}",
        "for (;;) { x = x + 1; }",
        "function f() { return f() + f(); } f();",
        "const a = []; for (const b of a) a.push(b); do { a.push(1); } while (a.length);",
        "let n = 0; function g(n) { if (n < 1e9) { g(n + 1); g(n + 2); } } g(0);",
    ];
    for code in endless {
        let app = format!("{APP}{code}\n");
        let application = scan_files(&[("app.js", &app)]);
        assert_eq!(sites(&application), "GET /ok app.js:2\n", "{code}");
    }
}

#[test]
fn programs_that_grow_without_end_are_left() {
    let growing = [
        "let s = 'ab'; for (let i = 0; i < 60; i++) s = s + s; s.split('').join('-');",
        "let s = 'ab'; for (let i = 0; i < 60; i++) s = `${s}${s}`;",
        "let a = [1]; for (let i = 0; i < 60; i++) a.push(...a);",
        "let a = [1]; for (let i = 0; i < 60; i++) a = a.concat(a);",
        "let a = [1]; for (let i = 0; i < 60; i++) a = [...a, ...a];",
        "let m = require('mystery'); for (let i = 0; i < 1e5; i++) m = m.next();",
        "const m = new Map(), s = new Set(); for (let i = 0; i < 5e3; i++) { m.set(i, i); s.add(i); }",
        "let s = 'x'.repeat(999); for (let i = 0; i < 1e5; i++) { s.length; s[i]; s.trim(); }",
        "let o = {}; for (let i = 0; i < 1e5; i++) o = { ...o, ['k' + i]: 1 };",
    ];
    for code in growing {
        let app = format!("{APP}{code}\n");
        let application = scan_files(&[("app.js", &app)]);
        assert_eq!(sites(&application), "GET /ok app.js:2\n", "{code}");
    }
}

#[test]
fn values_that_contain_themselves_end() {
    let circular = [
        "const a = []; a.push(a, a, a); String(a); a + ''; a.join(); a.flat();",
        "const a = []; a.push(a, a, a); app.use(a); app.use('/x', a); app.get('/y', a);",
        "const a = []; a.push(a, '/z', a); app.get(a, (req, res) => res.send(''));",
        "const o = {}; o.o = o; o.p = o; JSON.stringify(o); Object.assign(o, o); ({ ...o });",
        "const _ = require('lodash'); const o = {}; o.o = o; o.p = { o }; _.merge(o, o.p, o);",
        "const n = require('nconf'); const o = {}; o.o = o; o.p = { o }; n.defaults(o);",
        "let a = []; for (let i = 0; i < 20000; i++) a = [a]; app.use(a); String(a);",
        "let a = []; for (let i = 0; i < 60; i++) a = [a, a]; app.use(a); String(a);",
        "let p = {}; for (let i = 0; i < 20000; i++) p = Object.create(p); p.missing;",
        "app.use('/self', app); const r = require('express').Router(); r.use(r); app.use(r);",
        "class A { constructor(b) { this.b = new B(this); } } class B { constructor(a) { new A(a); } } new A();",
        "let f = () => 1; for (let i = 0; i < 20000; i++) f = f.bind(null, f); f();",
    ];
    for code in circular {
        let app = format!("{APP}{code}\n");
        let shown = sites(&scan_files(&[("app.js", &app)]));
        assert!(shown.starts_with("GET /ok app.js:2\n"), "{code}: {shown}");
    }
}

#[test]
fn modules_that_hand_on_each_others_exports_end() {
    let all = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let shared = all
        .map(|name| format!("export * from './{name}.mjs';\n"))
        .concat();
    let h = format!("{shared}export const path = '/found';\n");
    let mut files: Vec<(String, &str)> = all[..7]
        .iter()
        .map(|name| (format!("{name}.mjs"), &*shared))
        .collect();
    files.push(("h.mjs".to_owned(), &h));
    let app = "import express from 'express';\nimport * as all from './a.mjs';\n\
               import { missing } from './b.mjs';\nconst app = express();\n\
               app.get(all.path, (req, res) => res.send(missing));\n\
               for (const name of Object.keys(all)) app.get('/' + name, (req, res) => res.send(''));\n";
    files.push(("app.mjs".to_owned(), app));
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (&**name, *text)).collect();
    check(&files, "GET /found app.mjs:5\nGET /path app.mjs:6\n", &[]);
}

#[test]
fn bytes_that_are_no_text_are_read_as_far_as_they_go() {
    let mut latin1 = b"// caf\xe9 \xff\xfe\n".to_vec();
    latin1.extend_from_slice(APP.as_bytes());
    let tree = MemoryTree::new().with_file(format!("{ROOT}/app.js"), latin1);
    assert_eq!(sites(&scan_tree(tree)), "GET /ok app.js:3\n");
    let noise: Vec<u8> = (0..160_u8)
        .cycle()
        .map(|n| n.wrapping_mul(n) ^ 0x5a)
        .take(40_000)
        .collect();
    let tree = MemoryTree::new().with_file(format!("{ROOT}/app.js"), noise);
    assert!(findings(&scan_tree(tree)).contains("app.js:1: "));
}

#[test]
fn a_manifest_that_is_no_manifest_is_left() {
    let deep = "[".repeat(100_000);
    for manifest in [
        "",
        "null",
        "[]",
        "{\"main\": {}}",
        "{\"main\": \"..\"}",
        &deep,
        "\u{feff}{}",
    ] {
        check(
            &[("package.json", manifest), ("app.js", APP)],
            "GET /ok app.js:2\n",
            &[],
        );
    }
}

#[test]
fn a_long_sum_is_no_deep_recursion() {
    let app = format!("{APP}const sum = {};\n", vec!["'a'"; 60_000].join("+"));
    check(&[("app.js", &app)], "GET /ok app.js:2\n", &[]);
}

#[test]
fn an_empty_directory_has_no_application() {
    check(
        &[("readme.txt", "")],
        "",
        &["no Express application with routes was found"],
    );
}

#[test]
fn what_is_no_directory_is_an_error() {
    let tree: Arc<dyn SourceTree> = Arc::new(MemoryTree::new().with_file("/app/x.js", ""));
    for path in ["/nowhere", "/app/x.js"] {
        let error = scan(&tree, Path::new(path), &ScanOptions::default(), &Silent).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotADirectory);
    }
}
