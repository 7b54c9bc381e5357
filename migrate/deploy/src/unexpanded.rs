//! Values as they stand for tools that replace variables in what they read.

use crate::environment::Variable;
use crate::error::{Error, Result};

/// A value of a container's variable: `$(NAME)` is replaced there, and two `$` are one.
///
/// <https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/>. Cloud Run says the
/// same of `$(NAME)` and `$$(NAME)`, and nothing of two `$` elsewhere:
/// <https://cloud.google.com/run/docs/reference/rest/v2/Container#EnvVar>
pub(crate) fn for_container(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(at) = rest.find('$') {
        let (before, from) = rest.split_at(at);
        let after = from.trim_start_matches('$');
        let dollars = &from[..from.len() - after.len()];
        text.push_str(before);
        text.push_str(dollars);
        if dollars.len() > 1 || after.starts_with('(') {
            text.push_str(dollars);
        }
        rest = after;
    }
    text + rest
}

/// A whole file that is read by envsubst of Drone, as faas-cli does with `stack.yml`: of two `$` or `\` one is left.
///
/// <https://docs.openfaas.com/reference/yaml/>,
/// <https://github.com/drone/envsubst/blob/v1.0.3/parse/scan.go>
pub(crate) fn for_envsubst(text: &str) -> String {
    text.replace('\\', "\\\\").replace('$', "$$")
}

/// Refuses values in which the reader of `file` would replace something, and says no way to keep it from that; `marks` are
/// what begins what it replaces.
pub(crate) fn check(variables: &[Variable], (file, marks): (&str, &[&str])) -> Result<()> {
    for Variable { name, value, .. } in variables {
        if let Some(mark) = marks.iter().find(|mark| value.contains(**mark)) {
            return Err(Error::unsupported(format!(
                "the setting {name} has {mark:?} in its default, which would be replaced when {file} is read: give it another \
                 default, or none, and set {name} where the application is deployed"
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Application, Architecture, ErrorKind, Source, Target, export};

    fn exported(target: Target, default: &str) -> Result<String> {
        let declared = serde_json::json!({
            "name": "notes", "collections": [], "buckets": [], "secrets": [], "routes": [], "schedules": [],
            "settings": [{ "name": "GREETING", "default": default }],
        });
        let application = Application::parse(declared.to_string().as_bytes()).unwrap();
        let source = Source {
            application: &application,
            tables: None,
            architecture: Architecture::X86_64,
            events_path: None,
        };
        let export = export(target, &source)?;
        Ok(export.files.into_iter().map(|file| file.text).collect())
    }

    #[test]
    fn a_container_is_told_a_default_as_it_stands() {
        for (value, expected) in [
            ("5$ each", "5$ each"),
            ("$HOME ${HOME}", "$HOME ${HOME}"),
            ("a $(HOME)", "a $$(HOME)"),
            ("$$(HOME) $$", "$$$$(HOME) $$$$"),
        ] {
            assert_eq!(for_container(value), expected);
        }
        for target in [Target::Gcp, Target::Knative] {
            let text = exported(target, "$(HOME)").unwrap();
            assert!(text.contains("$$(HOME)"), "{text}");
        }
    }

    #[test]
    fn a_stack_has_its_dollars_and_backslashes_twice() {
        let text = exported(Target::OpenFaas, "${HOME} \\ \"x\"").unwrap();
        assert!(
            text.contains("GREETING: \"$${HOME} \\\\\\\\ \\\\\"x\\\\\"\""),
            "{text}"
        );
    }

    #[test]
    fn what_cannot_be_escaped_is_refused() {
        for (target, default) in [
            (Target::Alibaba, "${env('HOME')}"),
            (Target::Alibaba, "{{name}}"),
            (Target::Tencent, "${env:HOME}"),
        ] {
            let error = exported(target, default).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unsupported);
            assert!(error.to_string().contains("GREETING"), "{error}");
        }
        for target in [Target::Alibaba, Target::Tencent] {
            assert!(exported(target, "5$ {each}").unwrap().contains("5$ {each}"));
        }
    }
}
