//! What comes before every plan, in the only order it may come in.
//!
//! Modules, what the site denies of them and of the request, a mount namespace of our own, the image, what the site denies
//! of what was found, the caller's name. A start, a set-up and `--explain` all go this way: [`Permitted`] is had only from
//! a request that was held against the file `deny`, an image is opened only for a `Permitted`, and [`Prepared`] is had only
//! from one.

use std::ffi::OsString;

use shifter_formats::udiroot::{Conf, Loaded, select};

use crate::account::{self, Accounts, User};
use crate::deny::Standing;
use crate::enact;
use crate::image::{self, ImageFacts, OpenedImage};
use crate::privilege::Raised;
use crate::record::Journal;
use crate::request::Request;
use crate::start::StartError;

/// A request that the site does not deny, as far as it can be told before an image is looked for. What belongs to the
/// host's mount namespace is done while this is held.
#[derive(Debug)]
pub(crate) struct Permitted<'a> {
    /// The site's configuration.
    pub(crate) conf: &'a Conf,
    /// What is asked for.
    pub(crate) request: &'a Request,
    modules: Vec<Loaded<'a>>,
    denied: Standing,
}

/// All that a plan is made from and that had to be looked for.
#[derive(Debug)]
pub(crate) struct Prepared<'a> {
    /// In the order of loading.
    pub(crate) modules: Vec<Loaded<'a>>,
    /// The image's own words.
    pub(crate) image: ImageFacts,
    /// Its file.
    pub(crate) opened: OpenedImage,
    /// The caller.
    pub(crate) user: User,
    /// Whom the container knows by name.
    pub(crate) accounts: Accounts,
}

impl<'a> Permitted<'a> {
    /// Chooses the modules and asks the file `deny`. What was asked for is in the journal from then on.
    ///
    /// # Errors
    /// For modules that do not go together, and what is denied.
    pub(crate) fn new(
        raised: &Raised,
        conf: &'a Conf,
        request: &'a Request,
        command: &[OsString],
        journal: &mut Journal,
    ) -> Result<Permitted<'a>, StartError> {
        let modules = select(&conf.modules, &request.modules)?;
        journal.asked_for(conf, request, &modules, command);
        let denied = Standing::read(raised, conf)?;
        denied.permits(request, &modules)?;
        Ok(Permitted { conf, request, modules, denied })
    }

    /// Enters a mount namespace of our own and finds the image and the caller's name.
    ///
    /// # Errors
    /// For an image that is not there, not for this caller or denied, and for a caller without a name.
    pub(crate) fn prepare(self, raised: &Raised, journal: &mut Journal) -> Result<Prepared<'a>, StartError> {
        // ORDER: what is opened from here on can be mounted; what was opened before belongs to the host's namespace.
        enact::enter_own_namespace(raised)?;
        let (image, opened) = image::open(raised, &self)?;
        let Permitted { conf, modules, denied, .. } = self;
        journal.found(&image);
        denied.permits_content(&image)?;
        let (user, accounts) = account::find(raised, conf)?;
        journal.mounts(conf, &modules);
        Ok(Prepared { modules, image, opened, user, accounts })
    }
}
