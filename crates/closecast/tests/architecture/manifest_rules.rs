//! What a manifest may say: arrows between our crates, and which crates of others belong where.

use crate::{
    breach::Breach,
    layers::{Layers, PREFIX},
    manifest::{Dependency, Manifest, Purpose},
};

const TESTKIT: &str = "closecast-testkit";

/// Families of external crates (`tokio` means `tokio-util` too), the crates of ours that may name them, those that may do so in tests, and
/// what to do about a breach.
type Rule = (&'static [&'static str], &'static [&'static str], &'static [&'static str], &'static str);

const CONFINED: &[Rule] = &[
    (
        &["axum", "tower", "plotly", "hyper"],
        &["closecast-server"],
        &["closecast"],
        "HTTP and pages belong to closecast-server: return a value and let it do the rest",
    ),
    (
        &["askama"],
        &["closecast-server", "closecast"],
        &[],
        "Templates belong to the pages of closecast-server and the reports of the program",
    ),
    (
        &["utoipa"],
        &["closecast-api", "closecast-server"],
        &[],
        "The description of the interface belongs to closecast-api and closecast-server",
    ),
    (
        &["clap", "dotenvy", "indicatif", "console", "tracing-appender", "tracing-subscriber"],
        &["closecast"],
        &[],
        "Command line, terminal and logs belong to the program: take what you need as an argument",
    ),
    (
        &["sea-orm", "sqlx", "rusqlite", "object_store"],
        &["closecast-store"],
        &[],
        "Databases and blobs belong to closecast-store: take what you need as an argument",
    ),
    (
        &["tokio", "async-trait", "reqwest", "rustls", "ureq", "wiremock"],
        &["closecast-data", "closecast-store", "closecast-app", "closecast-server", "closecast"],
        &[],
        "The crates that compute know no network and nothing asynchronous: do the waiting in data, store, app or server",
    ),
    (
        &["burn", "safetensors"],
        &["closecast-nn", "closecast-model"],
        &[],
        "Tensors belong to closecast-nn and closecast-model: others handle prices, or artifacts as bytes",
    ),
];

/// Returns every breach of the manifest.
pub(crate) fn check(manifest: &Manifest, layers: &Layers) -> Vec<Breach> {
    let of_dependencies = manifest.dependencies.iter().filter_map(|dependency| {
        arrow(manifest, dependency, layers)
            .or_else(|| confined(manifest, dependency))
            .or_else(|| gpu(manifest, dependency))
    });
    unknown(manifest, layers).into_iter().chain(of_dependencies).chain(gpu_features(manifest)).collect()
}

fn unknown(manifest: &Manifest, layers: &Layers) -> Option<Breach> {
    layers.allowed(&manifest.package).is_none().then(|| {
        let remedy = "Add a row with what it must not know, or make it a folder of a crate that knows the same";
        Breach::new(&manifest.package, "the crate is not in ARCHITECTURE.md's table", remedy)
    })
}

fn arrow(manifest: &Manifest, dependency: &Dependency, layers: &Layers) -> Option<Breach> {
    let Manifest { package, .. } = manifest;
    let target = &dependency.package;
    let is_ours = target.starts_with(PREFIX) || target == "closecast";
    let for_tests = dependency.purpose == Purpose::Tests && target == TESTKIT && package != TESTKIT;
    let is_allowed = layers.allowed(package).is_none_or(|allowed| allowed.contains(target));
    // The program may use everything, but nothing that ships may contain the synthetic series of the tests.
    let ships_testkit = target == TESTKIT && dependency.purpose == Purpose::Build;
    (is_ours && !for_tests && (!is_allowed || ships_testkit)).then(|| {
        let remedy = "Move what is shared down to a crate that both may know, or pass it in from above";
        Breach::new(package, format!("depends on {target}, an arrow that ARCHITECTURE.md does not have"), remedy)
    })
}

fn confined(manifest: &Manifest, dependency: &Dependency) -> Option<Breach> {
    let package = manifest.package.as_str();
    let may = |homes: &[&str], test_homes: &[&str]| {
        homes.contains(&package) || (dependency.purpose == Purpose::Tests && test_homes.contains(&package))
    };
    let (_, homes, _, remedy) = CONFINED.iter().find(|(families, homes, test_homes, _)| {
        families.iter().any(|family| belongs_to(&dependency.package, family)) && !may(homes, test_homes)
    })?;
    let fault = format!("depends on {}, which only {} may", dependency.package, homes.join(", "));
    Some(Breach::new(&manifest.package, fault, remedy))
}

/// Returns whether `package` is the crate `family` or one of its companions.
fn belongs_to(package: &str, family: &str) -> bool {
    package.strip_prefix(family).is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '_']))
}

fn gpu(manifest: &Manifest, dependency: &Dependency) -> Option<Breach> {
    (belongs_to(&dependency.package, "burn") && (!dependency.optional || manifest.package != "closecast-nn")).then(
        || {
            let remedy = "Make it optional in closecast-nn, under the feature `gpu`";
            Breach::new(&manifest.package, format!("depends on {} in every build", dependency.package), remedy)
        },
    )
}

/// Features that may turn burn on: one that a user builds with, one that adds CUDA to it, one that tests it without a GPU.
const BURN_FEATURES: [&str; 3] = ["gpu", "cuda", "flex"];

fn gpu_features(manifest: &Manifest) -> impl Iterator<Item = Breach> {
    let names_gpu = |item: &String| item.rsplit('/').next().is_some_and(|name| BURN_FEATURES.contains(&name));
    let names_burn = |item: &String| {
        let package = item.strip_prefix("dep:").unwrap_or(item).split(['/', '?']).next().unwrap_or_default();
        belongs_to(package, "burn")
    };
    manifest.features.iter().filter_map(move |(feature, items)| {
        let (fault, remedy) = if !BURN_FEATURES.contains(&feature.as_str()) && items.iter().any(names_burn) {
            ("turns burn on", "Only the features `gpu`, `cuda` and `flex` may")
        } else if feature == "default" && items.iter().any(names_gpu) {
            ("turns gpu on", "The CPU engine needs nothing of it: leave it to those who ask for it")
        } else {
            return None;
        };
        Some(Breach::new(&manifest.package, format!("the feature `{feature}` {fault}"), remedy))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "
| `closecast-domain` | | none |
| `closecast-eval` | | domain |
| `closecast-nn` | | none |
| `closecast-model` | | domain, nn, eval |
| `closecast-store` | | domain |
| `closecast-app` | | domain |
| `closecast-api` | | app |
| `closecast-server` | | app, api |
| `closecast-testkit` | | domain |
| `closecast` | | all |
";

    /// Returns the breaches of the crate `name` whose manifest goes on with `body`.
    fn breaches(name: &str, body: &str) -> Vec<String> {
        let text = format!("[package]\nname = \"{name}\"\n{body}");
        let manifest = Manifest::parse(&text, &toml::Table::new()).unwrap();
        check(&manifest, &Layers::parse(TABLE).unwrap()).iter().map(ToString::to_string).collect()
    }

    fn assert_breach(name: &str, body: &str, named: &str) {
        let found = breaches(name, body);
        assert!(
            found.len() == 1 && found[0].contains(named),
            "{name} with {body:?} gives {found:?}, expected {named:?}"
        );
    }

    #[test]
    fn arrows_of_the_table_pass_and_others_do_not() {
        let allowed = "[dependencies]\nclosecast-domain.workspace = true\nserde.workspace = true";
        assert_eq!(breaches("closecast-eval", allowed), Vec::<String>::new());
        assert_breach("closecast-eval", "[dependencies]\nclosecast-nn.workspace = true", "depends on closecast-nn");
        assert_breach(
            "closecast-domain",
            "[build-dependencies]\nclosecast-eval = { path = \"../eval\" }",
            "closecast-eval",
        );
        assert_breach(
            "closecast-domain",
            "[dependencies]\ncore = { package = \"closecast\", path = \"..\" }",
            "depends on closecast,",
        );
        assert_breach(
            "closecast-eval",
            "[target.'cfg(unix)'.dependencies]\nclosecast-store = \"0\"",
            "closecast-store",
        );
    }

    #[test]
    fn testkit_is_for_tests_and_knows_the_domain_alone() {
        let for_tests = "[dev-dependencies]\nclosecast-testkit.workspace = true";
        assert_eq!(breaches("closecast-eval", for_tests), Vec::<String>::new());
        assert_eq!(breaches("closecast", for_tests), Vec::<String>::new());
        assert_breach("closecast", "[dependencies]\nclosecast-testkit.workspace = true", "closecast-testkit");
        assert_breach("closecast-testkit", "[dependencies]\nclosecast-eval.workspace = true", "closecast-eval");
        assert_breach("closecast-eval", "[dev-dependencies]\nclosecast-model.workspace = true", "closecast-model");
    }

    #[test]
    fn a_crate_without_a_row_is_named() {
        assert_breach("closecast-utensils", "", "not in ARCHITECTURE.md's table");
    }

    #[test]
    fn external_crates_stay_where_they_belong() {
        for external in
            ["axum", "sea-orm", "sea-orm-migration", "tokio", "tokio-util", "reqwest", "sqlx", "hyper", "hyper-util"]
        {
            for pure in ["closecast-domain", "closecast-eval", "closecast-nn", "closecast-model", "closecast-testkit"] {
                assert_breach(pure, &format!("[dependencies]\n{external} = \"1\""), external);
                assert_breach(pure, &format!("[dev-dependencies]\n{external}.workspace = true"), external);
            }
        }
        assert_breach("closecast-eval", "[dependencies]\nweb = { package = \"axum\", version = \"1\" }", "axum");
        assert_breach("closecast-store", "[dependencies]\naxum = \"1\"", "axum");
        assert_breach("closecast-store", "[dependencies]\nsafetensors = \"1\"", "safetensors");
        assert_breach("closecast", "[dependencies]\nsea-orm = \"2\"", "sea-orm");
        assert_breach("closecast", "[dependencies]\naxum = \"1\"", "axum");
        assert_eq!(breaches("closecast", "[dev-dependencies]\naxum = \"1\""), Vec::<String>::new());
        for external in ["axum", "hyper", "clap", "askama", "indicatif"] {
            assert_breach("closecast-app", &format!("[dependencies]\n{external} = \"1\""), external);
        }
        assert_breach("closecast-api", "[dependencies]\ntokio = \"1\"", "tokio");
        assert_breach("closecast-server", "[dependencies]\nclap = \"4\"", "clap");
        assert_eq!(breaches("closecast-store", "[dependencies]\nsea-orm = \"2\"\ntokio = \"1\""), Vec::<String>::new());
        assert_eq!(breaches("closecast-eval", "[dependencies]\ntokioish = \"1\""), Vec::<String>::new());
    }

    #[test]
    fn burn_is_there_only_under_the_feature_gpu() {
        let optional = "[dependencies]\nburn = { version = \"1\", optional = true }";
        assert_eq!(
            breaches("closecast-nn", &format!("{optional}\n[features]\ngpu = [\"dep:burn\"]")),
            Vec::<String>::new()
        );
        assert_breach("closecast-nn", "[dependencies]\nburn = \"1\"", "burn in every build");
        assert_breach("closecast-model", optional, "burn");
        assert_breach(
            "closecast-nn",
            &format!("{optional}\n[features]\nfast = [\"dep:burn\"]"),
            "`fast` turns burn on",
        );
        assert_breach(
            "closecast-nn",
            &format!("{optional}\n[features]\nfast = [\"burn?/wgpu\"]"),
            "`fast` turns burn on",
        );
        assert_breach("closecast", "[features]\ndefault = [\"closecast-nn/gpu\"]", "`default` turns gpu on");
        assert_breach("closecast", "[features]\ndefault = [\"flex\"]", "`default` turns gpu on");
    }
}
