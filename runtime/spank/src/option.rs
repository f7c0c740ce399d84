//! The options that users write: their names, and which of them there are.

use crate::arguments::Arguments;

/// An option of srun, sbatch and salloc.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `--image=TYPE:TAG`
    Image,
    /// `--volume=FROM:TO[;FROM:TO]`, repeatable
    Volume,
    /// `--module=NAME[,NAME]`
    Module,
    /// `--ccm`
    Ccm,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Image, Self::Volume, Self::Module, Self::Ccm];

    /// Those that a site offers.
    pub fn offered(arguments: &Arguments) -> impl Iterator<Item = Self> {
        let has_ccm = arguments.ccm;
        Self::ALL.into_iter().filter(move |kind| *kind != Self::Ccm || has_ccm)
    }

    /// What Slurm calls it in the variable that hands an option on to the job's own sruns: `_SLURM_SPANK_OPTION_`, the
    /// name of the plugin, the name of the option, with `_` for whatever is no letter and no digit. In a batch script the
    /// name has what all that is for a job has in front.
    #[must_use]
    pub fn variables(self, arguments: &Arguments) -> [String; 2] {
        let long = if arguments.long_options { "shifter_" } else { "" };
        let name = format!("_SLURM_SPANK_OPTION_shifter_{long}{}", self.name());
        [format!("SLURM_SPANK_{name}"), name]
    }

    /// Its short name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Volume => "volume",
            Self::Module => "module",
            Self::Ccm => "ccm",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_option_has_the_variable_that_slurm_gives_it() {
        let short = Arguments::default();
        let long = Arguments { long_options: true, ..Arguments::default() };
        let in_batch = "SLURM_SPANK__SLURM_SPANK_OPTION_shifter_volume";
        assert_eq!(Kind::Volume.variables(&short), [in_batch, "_SLURM_SPANK_OPTION_shifter_volume"]);
        assert_eq!(Kind::Volume.variables(&long)[1], "_SLURM_SPANK_OPTION_shifter_shifter_volume");
    }

    #[test]
    fn ccm_is_offered_where_the_site_says_so() {
        let names = |arguments: &Arguments| Kind::offered(arguments).map(Kind::name).collect::<Vec<_>>();
        assert_eq!(names(&Arguments::default()), ["image", "volume", "module"]);
        let ccm = Arguments { ccm: true, long_options: true, ..Arguments::default() };
        assert_eq!(names(&ccm), ["image", "volume", "module", "ccm"]);
    }
}
