//! Each hook in a few lines: what Slurm knows is gathered, the module that decides is asked, and what it says is told.

use std::sync::{Mutex, MutexGuard, PoisonError};

use shifter_formats::image::{Descriptor, ImageType};
use shifter_formats::udiroot::Conf;
use shifter_sys::account;

use super::Answer;
use super::host::{self, Context, HostError, Spank, debug, error, info};
use super::offer;
use crate::arguments::{Arguments, PullAtSubmit};
use crate::conf::{self, ConfError};
use crate::lookup::{self, Found};
use crate::option::Kind;
use crate::prolog::{Consequence, Decision, Job, Made, Wish};
use crate::submit::{self, Image, Inherited, Refusal, Submission};
use crate::{cgroup, cpus, epilog, external, prolog, task};

/// What is remembered between two calls in one process.
struct Memory {
    arguments: Arguments,
    submission: Option<Submission>,
    has_ccm: bool,
}

static MEMORY: Mutex<Option<Memory>> = Mutex::new(None);

fn memory() -> MutexGuard<'static, Option<Memory>> {
    MEMORY.lock().unwrap_or_else(PoisonError::into_inner)
}

fn parsed(words: &[String]) -> Option<Arguments> {
    let faults = match Arguments::parse(words.iter().map(String::as_str)) {
        Ok(arguments) => return Some(arguments),
        Err(faults) => faults,
    };
    faults.iter().for_each(|fault| error(&format!("plugstack.conf: {fault}")));
    None
}

pub(super) fn init(spank: &Spank, words: &[String]) -> Answer {
    let Some(arguments) = parsed(words) else { return Answer::Failed };
    let context = host::context();
    if context == Context::Daemon {
        if arguments.sshd || arguments.extern_cgroup {
            info("enable_sshd and extern_cgroup have no effect: this release has no sshd for containers");
        }
        return Answer::Fine;
    }
    for kind in Kind::offered(&arguments) {
        if let Err(fault) = spank.register(offer::of(kind, arguments.long_options)) {
            error(&format!("cannot offer --{}: {fault}", kind.name()));
            return Answer::Failed;
        }
    }
    let submission = (context != Context::Remote).then(|| Submission::new(inherited(&arguments, context)));
    *memory() = Some(Memory { arguments, submission, has_ccm: false });
    Answer::Fine
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// What this command finds of the job it runs in. Only an srun is part of that job; sbatch and salloc make another one.
fn inherited(arguments: &Arguments, context: Context) -> Inherited {
    if variable("SLURM_JOB_ID").is_none() {
        return Inherited::default();
    }
    let of_job = |name: &str| variable(&format!("SLURM_SPANK_{name}"));
    let resolved = || {
        let kind: ImageType = of_job("SHIFTER_IMAGETYPE")?.parse().ok()?;
        Some(Descriptor { kind, tag: of_job("SHIFTER_IMAGE")? })
    };
    let image = || {
        let (request, resolved) = (of_job("SHIFTER_IMAGEREQUEST")?, resolved());
        // A job that waited for its image was released when it was there; each start finds it in the image index.
        (resolved.is_some() || of_job("SHIFTER_PENDING").is_some()).then_some(Image { request, resolved })
    };
    Inherited {
        image: (context == Context::Local).then(image).flatten(),
        volumes: of_job("SHIFTER_VOLUME"),
        handed_on: Kind::Volume.variables(arguments).iter().find_map(|name| variable(name)),
    }
}

pub(super) fn option(kind: Kind, value: &str, is_remote: bool) -> Answer {
    let mut memory = memory();
    let Some(memory) = memory.as_mut() else { return Answer::Failed };
    memory.has_ccm |= kind == Kind::Ccm;
    let Some(submission) = memory.submission.as_mut().filter(|_| !is_remote) else { return Answer::Fine };
    let mut site = Submit { arguments: &memory.arguments };
    let taken = match kind {
        Kind::Image => submission.image(value, &mut site),
        Kind::Volume => submission.volume(value),
        Kind::Module => submission.module(value, &mut site),
        Kind::Ccm => submission.ccm(),
    };
    taken.map_or_else(
        |refusal| {
            error(&refusal.to_string());
            Answer::Failed
        },
        |()| Answer::Fine,
    )
}

/// The machine on which somebody submits.
struct Submit<'a> {
    arguments: &'a Arguments,
}

impl submit::Site for Submit<'_> {
    fn conf(&mut self) -> Result<Conf, ConfError> {
        conf::as_user(self.arguments.config.as_deref())
    }

    fn resolve(&mut self, image: &Descriptor) -> Result<submit::Answer, Refusal> {
        let named = self.arguments.config.as_deref();
        let program = self.conf().and_then(|conf| conf::program(&conf, named, "bin/shifterimg"));
        let client = lookup::client(program.map_err(Refusal::Conf)?, named);
        let failed = |error| Refusal::Lookup(image.clone(), error);
        let said = match client.look_up(image).map_err(failed)? {
            Found::Image(id) => return Ok(submit::Answer::Image(id)),
            Found::Nothing(said) => said,
        };
        match self.arguments.pull_at_submit {
            PullAtSubmit::Refuse => return Err(Refusal::NotThere { image: image.clone(), said }),
            PullAtSubmit::Hold if is_sbatch() => {
                client.begin_pull(image).map_err(failed)?;
                return Ok(submit::Answer::Pending);
            }
            PullAtSubmit::Hold | PullAtSubmit::Wait => {}
        }
        info(&format!("pulling {image}; this can take some minutes"));
        client.pull(image, self.arguments.pull_timeout).map_err(failed)?;
        match client.look_up(image).map_err(failed)? {
            Found::Image(id) => Ok(submit::Answer::Image(id)),
            Found::Nothing(said) => Err(Refusal::NotThere { image: image.clone(), said }),
        }
    }
}

/// Only a batch job can wait for its image in the queue.
fn is_sbatch() -> bool {
    let program = std::env::current_exe();
    program.is_ok_and(|program| program.file_name().is_some_and(|name| name == "sbatch"))
}

pub(super) fn after_options(spank: &Spank, _words: &[String]) -> Answer {
    let memory = memory();
    let Some(submission) = memory.as_ref().and_then(|memory| memory.submission.as_ref()) else { return Answer::Fine };
    if submission.is_pending() && host::context() == Context::Allocator {
        info("the image is being pulled; the job is held and released when it is there");
    }
    for (name, value) in submission.published() {
        // Both names: a start prefers the first, and `--export=NONE` hands on the second (srun(1)).
        host::set_variable(name, value.as_deref());
        host::set_variable(&format!("SLURM_SPANK_{name}"), value.as_deref());
        if let Some(value) = &value
            && let Err(fault) = spank.tell_job(name, value)
        {
            error(&format!("cannot tell the job of its {name}: {fault}"));
            return Answer::Failed;
        }
    }
    Answer::Fine
}

pub(super) fn prolog(spank: &Spank, words: &[String]) -> Answer {
    // A plugin that cannot read its line is no reason to drain every node.
    let Some(arguments) = parsed(words) else { return Answer::Fine };
    let (job, wish) = match job(spank) {
        Ok(job) => (job, wish()),
        Err(fault) => {
            error(&format!("no container, as the job cannot be told: {fault}"));
            return Answer::Fine;
        }
    };
    let online = std::fs::read_to_string("/sys/devices/system/cpu/online").ok().and_then(|list| cpus::online(&list));
    let made = prolog::decide(&job, &wish, &arguments, online).and_then(|decision| match decision {
        Decision::NoWish => Ok(()),
        Decision::Without(why) => {
            info(&format!("job {}: no container is made before it: {why}", job.id));
            Ok(())
        }
        Decision::SetUp(words) => {
            enter_cgroup(&job, &arguments);
            if prolog::set_up(job.id, &words, &arguments)? == Made::Anothers {
                info(&format!("job {}: the node has the container of another job", job.id));
            }
            Ok(())
        }
    });
    let Err(failure) = made else { return Answer::Fine };
    error(&format!("job {}: no container: {failure}", job.id));
    match prolog::fail(job.id, &failure, &arguments) {
        Ok(Consequence::GoesOn | Consequence::JobFails) => Answer::Fine,
        Ok(Consequence::NodeDrains) => Answer::Failed,
        Err(fault) => {
            error(&format!("job {}: it will run without one, as nobody can be told: {fault}", job.id));
            Answer::Fine
        }
    }
}

/// The job of a prolog or epilog.
fn job(spank: &Spank) -> Result<Job, HostError> {
    let (id, uid, gid) = (spank.job()?, spank.uid()?, spank.gid()?);
    let known = || account::by_uid(uid).ok().flatten().map(|account| account.name);
    let text = |name: &str| variable(name).unwrap_or_default();
    Ok(Job {
        id,
        uid,
        gid,
        user: variable("SLURM_JOB_USER").or_else(known),
        nodes: variable("SLURM_NODELIST").unwrap_or_else(|| text("SLURM_JOB_NODELIST")),
        cpus: text("SLURM_JOB_CPUS_PER_NODE"),
        node: text("SLURMD_NODENAME"),
    })
}

fn wish() -> Wish {
    let of_job = |name: &str| variable(&format!("SPANK_{name}"));
    Wish {
        image: of_job("SHIFTER_IMAGE"),
        image_type: of_job("SHIFTER_IMAGETYPE"),
        request: of_job("SHIFTER_IMAGEREQUEST"),
        volumes: of_job("SHIFTER_VOLUME"),
        modules: of_job("SHIFTER_MODULE"),
    }
}

fn enter_cgroup(job: &Job, arguments: &Arguments) {
    let Some(mount) = arguments.memory_cgroup.as_deref() else { return };
    match cgroup::of(mount, job.uid, job.id) {
        None => debug("memory_cgroup: no memory controller of version 1 there, so nothing is done"),
        Some(group) => {
            if let Err(fault) = cgroup::enter(&group) {
                error(&format!("cannot enter `{}`: {fault}", group.display()));
            }
        }
    }
}

pub(super) fn before_task(spank: &Spank, words: &[String]) -> Answer {
    let Some(arguments) = parsed(words) else { return Answer::Fine };
    if spank.is_extern_step() {
        return Answer::Fine;
    }
    let (Ok(job), Ok(uid), Ok(gid)) = (spank.job(), spank.uid(), spank.gid()) else { return Answer::Fine };
    if task::wait_for_external(job, &arguments) == task::Waited::InVain {
        error("extern_setup has not ended after ten seconds; the task starts without");
    }
    let has_ccm = arguments.ccm && memory().as_ref().is_some_and(|memory| memory.has_ccm);
    let ready = task::check(job).and_then(|()| if has_ccm { task::enter(uid, gid, &arguments) } else { Ok(()) });
    if let Err(failure) = ready {
        error(&failure.to_string());
        host::end_task();
    }
    Answer::Fine
}

pub(super) fn after_fork(spank: &Spank, words: &[String]) -> Answer {
    if host::context() != Context::Remote || !spank.is_extern_step() {
        return Answer::Fine;
    }
    let (Some(arguments), Ok(job)) = (parsed(words), spank.job()) else { return Answer::Fine };
    if let Some(program) = &arguments.extern_setup
        && let Err(failure) = external::run(job, program)
    {
        error(&format!("job {job}: {failure}"));
    }
    Answer::Fine
}

pub(super) fn epilog(spank: &Spank, words: &[String]) -> Answer {
    let Some(arguments) = parsed(words) else { return Answer::Fine };
    let (job, uid) = match (spank.job(), spank.uid()) {
        (Ok(job), Ok(uid)) => (job, uid),
        (Err(fault), _) | (_, Err(fault)) => {
            error(&format!("a container may be left, as the job cannot be told: {fault}"));
            return Answer::Fine;
        }
    };
    match epilog::clear(job, uid, &arguments) {
        Ok(cleared) => {
            debug(&format!("job {job}: {cleared:?}"));
            Answer::Fine
        }
        Err(failure) => {
            error(&format!("job {job}: {failure}"));
            if epilog::drains(&arguments) { Answer::Failed } else { Answer::Fine }
        }
    }
}
