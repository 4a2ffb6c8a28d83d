//! `kubectl version`, `api-resources`, `api-versions`, `cluster-info`

use crate::flags::Flags;
use crate::json::set;
use crate::output;
use crate::session::{Failure, Session};
use crate::{tabs, yaml};
use serde_json::{Value, json};

pub(super) const VERSION_FLAGS: &str = "client? output,o:";
pub(super) const RESOURCES_FLAGS: &str = "api-group: cached? categories:, namespaced? no-headers? output,o: show-managed-fields? sort-by: verbs:,";

pub(super) fn version(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let client = flags.truth("client");
    let server: Value = serde_json::from_str(super::VERSION_BODY).unwrap_or_default();
    let mut own = server.clone();
    for key in ["emulationMajor", "emulationMinor", "minCompatibilityMajor", "minCompatibilityMinor"] {
        crate::json::remove(&mut own, &[key]);
    }
    match flags.text("output") {
        "" => {
            session.print("Client Version: v1.37.1\nKustomize Version: v5.8.1\n");
            if !client {
                session.print("Server Version: v1.37.1\n");
            }
        }
        "yaml" => {
            let mut all = json!({"clientVersion": own, "kustomizeVersion": "v5.8.1"});
            if !client {
                set(&mut all, &["serverVersion"], server);
            }
            session.print(yaml::write(&all) + "\n");
        }
        "json" => {
            let inner = |text: &str| text.replace('\n', "\n  ");
            let mut body = String::from(super::VERSION_BODY);
            let mut short: Vec<&str> = body.lines().collect();
            short.retain(|l| !l.contains("emulation") && !l.contains("minCompat"));
            let short = short.join("\n");
            let mut text = format!("{{\n  \"clientVersion\": {},\n  \"kustomizeVersion\": \"v5.8.1\"", inner(&short));
            if !client {
                body = inner(&body);
                text.push_str(&format!(",\n  \"serverVersion\": {body}"));
            }
            session.print(text + "\n}\n");
        }
        _ => return Err(Failure::error("--output must be 'yaml' or 'json'")),
    }
    Ok(())
}

pub(super) fn api_resources(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    if !flags.args.is_empty() {
        return Err(flags.usage(format_args!("unexpected arguments: [{}]", flags.args.join(" "))));
    }
    let format = flags.text("output").to_owned();
    if !matches!(format.as_str(), "" | "wide" | "name" | "json" | "yaml" | "kyaml") {
        return Err(Failure::error(format!(
            "unable to match a printer suitable for the output format {format:?}, allowed formats are: json,kyaml,name,wide,yaml"
        )));
    }
    if !matches!(flags.text("sort-by"), "" | "name" | "kind") {
        return Err(Failure::error("--sort-by accepts only name or kind"));
    }
    let mut all = session.resources().to_vec();
    all.retain(|r| {
        (!flags.given("api-group") || r.group == flags.text("api-group"))
            && (!flags.given("namespaced") || r.namespaced == flags.truth("namespaced"))
            && flags.list("verbs").iter().all(|v| r.verbs.contains(&v.as_str()))
            && flags.list("categories").iter().all(|c| r.categories.contains(c))
    });
    match flags.text("sort-by") {
        "name" => all.sort_by(|a, b| a.plural.cmp(&b.plural)),
        "kind" => all.sort_by(|a, b| a.kind.cmp(&b.kind)),
        _ => {}
    }
    if format == "name" {
        session.print(all.iter().map(|r| r.plural_group() + "\n").collect::<String>());
        return Ok(());
    }
    if matches!(format.as_str(), "json" | "yaml" | "kyaml") {
        let resources: Vec<Value> = all
            .iter()
            .map(|r| {
                let mut one =
                    json!({"name": r.plural, "singularName": r.singular, "namespaced": r.namespaced, "version": r.version, "kind": r.kind, "verbs": r.verbs});
                for (key, list) in [("shortNames", &r.short), ("categories", &r.categories)] {
                    if !list.is_empty() {
                        set(&mut one, &[key], json!(list));
                    }
                }
                if !r.group.is_empty() {
                    set(&mut one, &["group"], r.group.clone().into());
                }
                one
            })
            .collect();
        let list = json!({"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": "", "resources": resources});
        let text = match format.as_str() {
            "json" => {
                let order = [
                    "name",
                    "singularName",
                    "namespaced",
                    "group",
                    "version",
                    "kind",
                    "apiVersion",
                    "groupVersion",
                    "verbs",
                    "shortNames",
                    "categories",
                    "resources",
                ];
                output::ordered_json(&list, 4, &order) + "\n"
            }
            "yaml" => yaml::write(&list),
            _ => yaml::write_kyaml(&list),
        };
        session.print(text);
        return Ok(());
    }
    let wide = format == "wide";
    let mut rows: Vec<Vec<String>> = Vec::new();
    if !flags.truth("no-headers") {
        let mut head = ["NAME", "SHORTNAMES", "APIVERSION", "NAMESPACED", "KIND"].map(str::to_owned).to_vec();
        if wide {
            head.extend(["VERBS".to_owned(), "CATEGORIES".to_owned()]);
        }
        rows.push(head);
    }
    for r in &all {
        let mut row = vec![r.plural.clone(), r.short.join(","), r.api_version(), r.namespaced.to_string(), r.kind.clone()];
        if wide {
            row.extend([r.verbs.join(","), r.categories.join(",")]);
        }
        rows.push(row);
    }
    session.print(tabs::rows(&rows, &mut Vec::new()));
    Ok(())
}

pub(super) fn api_versions(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    if !flags.args.is_empty() {
        return Err(flags.usage(format_args!("unexpected arguments: [{}]", flags.args.join(" "))));
    }
    let mut all: Vec<String> = session.resources().iter().map(|r| r.api_version()).collect();
    all.push("autoscaling/v1".to_owned());
    all.sort();
    all.dedup();
    session.print(all.iter().map(|v| format!("{v}\n")).collect::<String>());
    Ok(())
}

pub(super) fn cluster_info(session: &mut Session<'_>, _flags: &Flags) -> Result<(), Failure> {
    let url = session.world.url();
    session
        .print(format!("Kubernetes control plane is running at {url}\n\nTo further debug and diagnose cluster problems, use 'kubectl cluster-info dump'.\n"));
    Ok(())
}
