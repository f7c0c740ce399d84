//! `shifter-site cdi`: the module of accelerators.

use std::path::{Path, PathBuf};

use super::{
    Outcome,
    console::Console,
    exit::{Exit, Failure},
    node,
};
use crate::cdi::{self, CdiError, Driver, Form, Module, Specification};
use crate::elf::Loader;
use crate::profile::{self, LoadOptions, Profile};

/// Where specifications lie, the one that wins last (SPEC.md of CDI, "CDI JSON Definition").
const PLACES: [&str; 2] = ["/etc/cdi", "/var/run/cdi"];

/// Where releases up to 17.04 showed the driver, in the manual's example (4.5.2).
const SITE_RESOURCES: &str = "/opt/shifter/site-resources";

/// Turn a CDI specification, or what is found on a node, into the module of its accelerators.
///
/// Needs no privilege. Prints lines for the native udiRoot.conf, or a layer for a profile. What a vendor's hooks would do
/// as root is done by these lines, or refused by name.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  shifter-site cdi                                          the specifications in /etc/cdi and /var/run/cdi
  shifter-site cdi /etc/cdi/nvidia.yaml --format profile --output gpu.toml
  shifter-site cdi --discover --root /images/gpu            the files of a node image
  shifter-site cdi --facts facts/nid000001.json             what `facts` found on a node
  shifter-site cdi --profile site.toml                      the specifications that `gpu.VENDOR.cdi` names")]
pub(super) struct Args {
    /// Specifications, in JSON or YAML.
    #[arg(value_name = "SPEC")]
    specifications: Vec<PathBuf>,
    /// The devices of the specification. Default: `all`, or every one.
    #[arg(long, value_name = "NAME", value_delimiter = ',', conflicts_with_all = ["discover", "facts"])]
    device: Vec<String>,
    /// Look at the node instead: device files, and the driver's libraries by ELF class and soname.
    #[arg(long, conflicts_with_all = ["specifications", "facts", "profile"])]
    discover: bool,
    /// Take what `shifter-site facts` found on a node.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["specifications", "profile"])]
    facts: Option<PathBuf>,
    /// Take the specifications that a profile names, and where it shows the driver.
    #[arg(long, value_name = "FILE", conflicts_with = "specifications")]
    profile: Option<PathBuf>,
    /// Look below a directory that is the root of a node.
    #[arg(long, value_name = "DIR", default_value = "/")]
    root: PathBuf,
    /// The vendor, where there are several: nvidia, amd, intel.
    #[arg(long, value_name = "VENDOR")]
    vendor: Option<String>,
    /// The module that users name.
    #[arg(long, value_name = "NAME", default_value = "gpu")]
    module: String,
    /// The directory of containers that gets the driver's libraries and programs. Default: a directory with the module's
    /// name in the profile's `gpu.site_resources`, or in /opt/shifter/site-resources.
    #[arg(long, value_name = "DIR")]
    target: Option<String>,
    /// Lines of udiRoot.conf, or a layer of a profile.
    #[arg(long, value_enum, default_value_t, value_name = "FORM")]
    format: Written,
    /// Write to a file instead of standard output.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// How the module is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
enum Written {
    /// `module_NAME_*` of the native udiRoot.conf.
    #[default]
    Udiroot,
    /// `[module.NAME]` of a profile.
    Profile,
}

pub(super) fn run(args: &Args, console: &Console) -> Outcome {
    let loaded = args.profile.as_ref().map(|file| profile::load::<Profile>(&LoadOptions::file(file))).transpose()?;
    let gpu = loaded.and_then(|loaded| loaded.profile.gpu);
    let drivers = match &args.facts {
        Some(file) => node::read_one(file)?.accelerators.into_values().collect(),
        None => found(args, gpu.as_ref())?,
    };
    let driver = choose(drivers, args.vendor.as_deref())?;
    let resources = gpu.as_ref().and_then(|gpu| gpu.site_resources.as_ref()).map(ToString::to_string);
    let resources = resources.unwrap_or_else(|| SITE_RESOURCES.to_owned());
    let target = args.target.clone().unwrap_or_else(|| format!("{resources}/{}", args.module));
    let module = Module { name: &args.module, target: target.trim_end_matches('/'), driver: &driver };
    let text = module.write(match args.format {
        Written::Udiroot => Form::UdiRoot,
        Written::Profile => Form::Profile,
    })?;
    for note in &driver.notes {
        console.note(&format!("shifter-site: left out: {note}\n"));
    }
    match &args.output {
        Some(file) => console.save(file, &text)?,
        None => console.say(&text)?,
    }
    Ok(Exit::Clean)
}

/// What is found on the node, or in specifications.
fn found(args: &Args, gpu: Option<&profile::section::GpuSection>) -> Result<Vec<Driver>, Failure> {
    let unreadable = |path: &Path| {
        let path = path.to_owned();
        move |source| CdiError::Read { path, source }
    };
    let loader = Loader::new(&args.root).map_err(unreadable(&args.root))?;
    if args.discover {
        return Ok(cdi::discover(&loader));
    }
    let mut texts = Vec::new();
    for file in &args.specifications {
        texts.push((file.clone(), profile::file::read_text(file).map_err(unreadable(file))?));
    }
    for (_, accelerator) in gpu.iter().flat_map(|gpu| gpu.vendors()) {
        if let Some(file) = accelerator.cdi.as_ref().map(ToString::to_string) {
            texts.push(on_node(&loader, &file)?);
        }
    }
    if args.specifications.is_empty() && args.profile.is_none() {
        for place in PLACES {
            let names = loader.names(place).into_iter();
            for name in names.filter(|name| [".json", ".yaml", ".yml"].iter().any(|end| name.ends_with(end))) {
                texts.push(on_node(&loader, &format!("{place}/{name}"))?);
            }
        }
    }
    if texts.is_empty() {
        let places = if args.profile.is_some() { "the profile's `gpu`".to_owned() } else { PLACES.join(", ") };
        return Err(CdiError::NoSpecification(places).into());
    }
    let driver = |(path, text): (PathBuf, String)| {
        cdi::of_specification(&Specification::parse(&text, &path)?, &args.device, &loader)
    };
    Ok(texts.into_iter().map(driver).collect::<Result<_, _>>()?)
}

fn on_node(loader: &Loader, file: &str) -> Result<(PathBuf, String), Failure> {
    let bytes = loader.bytes(file).map_err(|source| CdiError::Read { path: PathBuf::from(file), source })?;
    Ok((PathBuf::from(file), String::from_utf8_lossy(&bytes).into_owned()))
}

/// One module is of one vendor: two would hide each other's variables and files.
fn choose(drivers: Vec<Driver>, vendor: Option<&str>) -> Result<Driver, CdiError> {
    let mut wanted: Vec<Driver> =
        drivers.into_iter().filter(|driver| vendor.is_none_or(|vendor| driver.vendor == vendor)).collect();
    let mut vendors: Vec<String> = wanted.iter().map(|driver| driver.vendor.clone()).collect();
    vendors.dedup();
    match (wanted.pop(), vendors.as_slice()) {
        (None, _) => Err(vendor.map_or(CdiError::Nothing, |vendor| CdiError::Vendor(vendor.to_owned()))),
        // Of two specifications of one vendor the later one wins, as the directories are in that order.
        (Some(last), [_]) => Ok(last),
        _ => Err(CdiError::Vendors(vendors)),
    }
}

impl From<CdiError> for Failure {
    fn from(error: CdiError) -> Self {
        match error {
            CdiError::Read { path, source } => Self::File { verb: "read", path, source },
            error @ (CdiError::Device { .. } | CdiError::Vendors(_)) => Self::Usage(error.to_string()),
            error => Self::Several(error.to_string()),
        }
    }
}
