//! Compresses the pages' static files into the program, with the scripts that crates carry: Plotly's, Swagger UI's and ReDoc's.
//!
//! Writes to `OUT_DIR` one `.gz` file an asset and `assets.rs`, the list that `src/pages/assets.rs` includes.

use std::{
    env,
    error::Error,
    fmt::Write as _,
    fs,
    hash::{DefaultHasher, Hasher},
    io::Write as _,
    path::{Path, PathBuf},
};

use flate2::{Compression, write::GzEncoder};

const STATIC_FOLDER: &str = "src/pages/static";
const SCRIPT_START: &str = "<script type=\"text/javascript\">";
const SCRIPT_END: &str = "</script>";

/// Name and content of a file.
type File = (String, Vec<u8>);

#[expect(clippy::disallowed_methods, reason = "cargo tells a build script its folder by the environment alone")]
fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={STATIC_FOLDER}");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let mut files = static_files()?;
    files.push(("plotly.min.js".to_owned(), plotly_script()?.into_bytes()));
    files.extend(descriptions()?);
    files.sort();
    let mut list = format!("static ASSETS: [Asset; {}] = [\n", files.len());
    for (name, content) in &files {
        let path = compress(&out, name, content)?;
        let version = version_of(content);
        writeln!(list, "    Asset::new({name:?}, \"{version}\", include_bytes!({path:?})),")?;
    }
    list.push_str("];\n");
    fs::write(out.join("assets.rs"), list)?;
    Ok(())
}

fn static_files() -> Result<Vec<File>, Box<dyn Error>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(STATIC_FOLDER)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str());
        let Some(name) = name.filter(|name| !name.starts_with('.') && path.is_file()) else { continue };
        files.push((name.to_owned(), fs::read(&path)?));
    }
    Ok(files)
}

/// Returns plotly.js alone: the crate's offline sources are two script elements, Plotly and then MathJax (2 MB),
/// which the pages have no use for.
fn plotly_script() -> Result<String, Box<dyn Error>> {
    let sources = plotly::Plot::offline_js_sources();
    let script = sources
        .split(SCRIPT_START)
        .find(|element| element.trim_start().starts_with("/**\n* plotly.js v"))
        .and_then(|element| element.split_once(SCRIPT_END))
        .map(|(script, _)| script.trim())
        .ok_or("the plotly crate's offline sources no longer hold plotly.js as a script element of its own")?;
    Ok(script.to_owned())
}

/// Returns the scripts and the style of Swagger UI and ReDoc. The aide crate has them within pages, in elements of their own,
/// each followed by one that starts it: that one is left out, for scripts within pages are not run.
fn descriptions() -> Result<[File; 3], Box<dyn Error>> {
    let (swagger, redoc) = (aide::swagger::Swagger::new("").html(), aide::redoc::Redoc::new("").html());
    let within = |page: &str, start: &str, end: &str| {
        let (_, rest) = page.split_once(start)?;
        Some(rest.split_once(end)?.0.trim().to_owned().into_bytes())
    };
    let missing = "the aide crate's pages no longer hold Swagger UI and ReDoc as they did";
    Ok([
        ("swagger-ui.css".to_owned(), within(&swagger, "<style>", "</style>").ok_or(missing)?),
        ("swagger-ui-bundle.js".to_owned(), within(&swagger, "<script>", "</script>\n<!--").ok_or(missing)?),
        ("redoc.standalone.js".to_owned(), within(&redoc, "<script>", "Redoc.init(\"\"").ok_or(missing)?),
    ])
}

fn compress(out: &Path, name: &str, content: &[u8]) -> Result<String, Box<dyn Error>> {
    let path = out.join(format!("{name}.gz"));
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content)?;
    fs::write(&path, encoder.finish()?)?;
    Ok(path.to_str().ok_or("the build folder's path is not Unicode")?.to_owned())
}

/// Returns a fingerprint that changes with the content: it only has to tell two builds of one file apart.
fn version_of(content: &[u8]) -> String {
    let mut hasher = DefaultHasher::new();
    hasher.write(content);
    format!("{:016x}", hasher.finish())
}
