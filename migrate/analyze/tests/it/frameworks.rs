//! Applications whose framework or build leads to their routes in an indirect way.

use crate::source_tree::{findings, scan_files, sites};

fn check(files: &[(&str, &str)], expected: &str) {
    let application = scan_files(files);
    assert_eq!(sites(&application), expected, "{}", findings(&application));
}

#[test]
fn an_overnight_server_adds_its_controllers() {
    check(
        &[(
            "app.ts",
            "import { Server, Controller, Get } from '@overnightjs/core';\n\
             @Controller('notes')\nclass Notes {\n  @Get(':id')\n  one(req, res) {}\n}\n\
             class Application extends Server {\n  constructor() {\n    super();\n    \
             this.addControllers([new Notes()]);\n  }\n}\nnew Application().app.listen(3000);\n",
        )],
        "GET /notes/:id app.ts:5\n",
    );
}

#[test]
fn an_inversify_server_has_every_decorated_controller() {
    check(
        &[(
            "app.ts",
            "import { InversifyExpressServer, controller, httpGet } from 'inversify-express-utils';\n\
             @controller('/notes')\nclass Notes {\n  @httpGet('/:id')\n  one() {}\n}\n\
             const server = new InversifyExpressServer(container);\n\
             server.setConfig((app) => { app.get('/health', (req, res) => res.send('')); });\n\
             server.build().listen(3000);\n",
        )],
        "GET /health app.ts:8\nGET /notes/:id app.ts:5\n",
    );
}

#[test]
fn controllers_may_be_named_by_a_pattern() {
    check(
        &[
            (
                "app.ts",
                "import { createExpressServer } from 'routing-controllers';\n\
                 createExpressServer({ controllers: [__dirname + '/controllers/*.ts'] }).listen(1);\n",
            ),
            (
                "controllers/notes.ts",
                "import { JsonController, Get } from 'routing-controllers';\n\
                 @JsonController('/notes')\nexport class Notes {\n  @Get('/:id')\n  one() {}\n}\n",
            ),
        ],
        "GET /notes/:id controllers/notes.ts:5\n",
    );
}

#[test]
fn a_module_of_the_build_directory_is_read_from_its_source() {
    check(
        &[
            ("bin/start.js", "require('../dist/app');\n"),
            (
                "package.json",
                "{ \"main\": \"bin/start.js\", \"dependencies\": { \"express\": \"4\" } }",
            ),
            (
                "src/app.js",
                "const app = require('express')();\napp.get('/ok', h);\n",
            ),
        ],
        "GET /ok src/app.js:2\n",
    );
}

#[test]
fn the_example_of_a_settings_file_stands_in_for_it() {
    let files = [
        (
            "app.js",
            "require('dotenv').config();\nconst app = require('express')();\n\
             app.get(process.env.PREFIX + '/ok', h);\n",
        ),
        (".env.example", "PREFIX=/v1\nSECRET=\n"),
    ];
    check(&files, "GET /v1/ok app.js:3\n");
    let shown = findings(&scan_files(&files));
    assert!(
        shown.contains(".env.example:1: the settings file is not there; its example is taken"),
        "{shown}"
    );
}

#[test]
fn callbacks_in_options_and_arrays_may_register_routes() {
    check(
        &[(
            "app.js",
            "const app = require('express')();\n\
             require('runner').series([(done) => { app.get('/a', h); done(); }]);\n\
             require('runner').start({ ready: () => app.get('/b', h) });\n",
        )],
        "GET /a app.js:2\nGET /b app.js:3\n",
    );
}

#[test]
fn what_a_branch_that_may_not_run_overwrites_holds_only_where_it_tells_more() {
    check(
        &[(
            "app.js",
            "const app = require('express')();\nlet prefix = '/default';\n\
             if (unknown()) {\n  prefix = options.prefix;\n}\napp.get(prefix + '/a', h);\n\
             if (unknown()) {\n  const list = [];\n  let path = '';\n  \
             for (const part of ['/x', '/y']) path += part;\n  app.get(path, h);\n}\n",
        )],
        "GET /default/a app.js:6\nGET /x/y app.js:11\n",
    );
}

#[test]
fn costly_calls_without_routes_do_not_hide_the_routes_after_them() {
    let costly = "function work(n) { let x = 0; for (let i = 0; i < 9000; i++) x += i; return x; }\n\
                  for (let i = 0; i < 5000; i++) work(i);\n";
    let app = format!(
        "const app = require('express')();\n{costly}app.get('/after', (req, res) => res.send(''));\n"
    );
    check(&[("app.js", &app)], "GET /after app.js:4\n");
}

#[test]
fn variables_in_code_that_only_a_package_calls_are_settings() {
    let application = scan_files(&[(
        "app.js",
        "const app = require('express')();\nconst mongoose = require('mongoose');\n\
         const schema = new mongoose.Schema({});\nschema.methods.sign = function () {\n  \
         return sign(process.env.JWT_SECRET, process.env.LIFETIME || '1d');\n};\n\
         function later() { const { REGION = 'eu', ...rest } = process.env; }\n\
         app.get('/ok', (req, res) => res.send(''));\n",
    )]);
    let shown: Vec<String> = application
        .environment
        .iter()
        .map(|setting| format!("{} {} {:?}", setting.name, setting.place, setting.default))
        .collect();
    assert_eq!(
        shown,
        [
            "JWT_SECRET app.js:5 None",
            "LIFETIME app.js:5 Some(\"1d\")",
            "REGION app.js:7 Some(\"eu\")",
        ]
    );
}
