//! A configuration is a constant of the port where nothing can change it, and holds its readers back where something may.

use std::path::Path;
use std::sync::Arc;

use isobar_migrate_analyze::{MemoryTree, ScanOptions, Selection, Silent, SourceTree, port};
use isobar_migrate_model::Verdict;

use crate::source_tree::ROOT;

const CONFIGURATION: &str = "module.exports = { title: process.env.TITLE || 'plain', other: 1 };";

/// Whether `GET /title` is ported in an application with this code, in which some entry has a title that changes.
fn is_ported(code: &str) -> bool {
    let application = format!(
        "const express = require('express');\nconst app = express();\n\
         const config = require('./config');\nconst entries = [{{ title: 'a' }}];\n\
         app.put('/entry', (req, res) => {{ const entry = entries[0]; entry.title = 'b'; res.json(entries); }});\n\
         app.get('/title', (req, res) => {{ res.json(config.title); }});\n\
         {code}\napp.listen(3000);\n"
    );
    let package = r#"{"name":"holders","main":"app.js","dependencies":{"express":"4"}}"#;
    let tree = MemoryTree::new()
        .with_file(format!("{ROOT}/app.js"), application)
        .with_file(format!("{ROOT}/config.js"), CONFIGURATION)
        .with_file(format!("{ROOT}/plain.js"), "module.exports = () => 1;")
        .with_file(format!("{ROOT}/package.json"), package);
    let tree: Arc<dyn SourceTree> = Arc::new(tree);
    let (options, selection) = (ScanOptions::default(), Selection::default());
    let (report, _) =
        port(&tree, Path::new(ROOT), &options, &selection, &Silent).expect("the root is readable");
    let route = report.routes.iter().find(|route| route.path == "/title");
    route.expect("it is there").verdict == Verdict::Ported
}

#[test]
fn what_is_only_read_is_a_constant() {
    for code in [
        "",
        "const { other } = config;",
        "app.get('/both', (req, res) => { const { title, other } = config; res.json([title, other]); });",
        "app.get('/again', (req, res) => res.json(require('./config').title));",
        "const plain = require('./plain'); app.get('/plain', (req, res) => res.json(plain()));",
        "require('./plain');",
        "config.other = 2;",
    ] {
        assert!(is_ported(code), "{code}");
    }
}

#[test]
fn what_may_be_changed_holds_its_readers_back() {
    for code in [
        "app.post('/set', (req, res) => { config.title = 'x'; res.end(); });",
        "app.post('/set', (req, res) => { delete config.title; res.end(); });",
        "app.post('/set', (req, res) => { config['title'] = 'x'; res.end(); });",
        "function set(it) { it.title = 'x'; } app.post('/set', (req, res) => { set(config); res.end(); });",
        "const same = config; app.post('/set', (req, res) => { same.title = 'x'; res.end(); });",
        "app.post('/set', (req, res) => { const same = config; same.title = 'x'; res.end(); });",
        "app.post('/set', (req, res) => { const it = require('./config'); it.title = 'x'; res.end(); });",
        "app.post('/set', (req, res) => { const it = require(`./${req.query.name}`); it.title = 'x'; res.end(); });",
        "app.post('/set', async (req, res) => { const it = await import('./config'); it.default.title = 'x'; res.end(); });",
        "const held = { config }; app.post('/set', (req, res) => { held.config.title = 'x'; res.end(); });",
        "const { ...all } = config; app.post('/set', (req, res) => { entries.push(config); res.end(); });",
    ] {
        assert!(!is_ported(code), "{code}");
    }
}
