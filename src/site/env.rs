//! What happens to the environment of containers, lists joined and names in order.

use crate::profile::section::{EnvSection, Profile, Proxy};
use std::collections::BTreeMap;

/// Changes to an environment. Names in order, values complete.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Env {
    /// Variables that are set.
    pub set: BTreeMap<String, String>,
    /// Put before a search path.
    pub prepend: BTreeMap<String, String>,
    /// Put after a search path.
    pub append: BTreeMap<String, String>,
    /// Names or patterns that are removed.
    pub unset: Vec<String>,
}

impl Env {
    pub(super) fn new(written: Option<&EnvSection>) -> Self {
        let Some(written) = written else { return Self::default() };
        let joined = |lists: &BTreeMap<String, Vec<String>>| {
            lists.iter().map(|(name, list)| (name.clone(), list.join(":"))).collect()
        };
        Self {
            set: written.set.iter().map(|(name, value)| (name.clone(), value.joined())).collect(),
            prepend: joined(&written.prepend),
            append: joined(&written.append),
            unset: written.unset.iter().map(|glob| glob.as_str().to_owned()).collect(),
        }
    }

    /// The same, then `more`: what `more` sets wins, what it prepends comes first.
    pub(super) fn then(mut self, more: Self) -> Self {
        self.set.extend(more.set);
        for (name, value) in more.prepend {
            let whole = match self.prepend.get(&name) {
                Some(old) => format!("{value}:{old}"),
                None => value,
            };
            self.prepend.insert(name, whole);
        }
        for (name, value) in more.append {
            let whole = match self.append.get(&name) {
                Some(old) => format!("{old}:{value}"),
                None => value,
            };
            self.append.insert(name, whole);
        }
        for name in more.unset {
            if !self.unset.contains(&name) {
                self.unset.push(name);
            }
        }
        self
    }

    /// What the site or one of its modules does, with the site's proxy in both spellings where `written` asks for it.
    pub(super) fn with_proxy(profile: &Profile, written: Option<&EnvSection>) -> Self {
        use crate::profile::section::EnvProxy;
        let mut env = Self::new(written);
        let wanted = written.and_then(|env| env.proxy) == Some(EnvProxy::Site);
        let proxy = profile.gateway.as_ref().and_then(|gateway| gateway.proxy.as_ref());
        if let (true, Some(proxy)) = (wanted, proxy) {
            for (name, value) in proxy_variables(proxy) {
                env.set.entry(name.to_ascii_uppercase()).or_insert_with(|| value.clone());
                env.set.entry(name).or_insert(value);
            }
        }
        env
    }
}

/// The proxy as variables in lower case, as curl, Go and Python read them.
fn proxy_variables(proxy: &Proxy) -> Vec<(String, String)> {
    let url = |name: &str, url: &Option<_>| {
        url.as_ref().map(|url: &crate::profile::section::scalar::Url| (name.to_owned(), url.to_string()))
    };
    let mut variables: Vec<(String, String)> =
        [url("http_proxy", &proxy.http), url("https_proxy", &proxy.https)].into_iter().flatten().collect();
    if !proxy.no_proxy.is_empty() {
        variables.push(("no_proxy".to_owned(), proxy.no_proxy.join(",")));
    }
    variables
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_joined_and_a_module_comes_before_the_site() {
        let site: EnvSection = toml::from_str("append.PATH = ['/a', '/b']\nprepend.L = ['/x']\nset.A = '1'").unwrap();
        let module: EnvSection = toml::from_str("append.PATH = ['/c']\nprepend.L = ['/y']\nset.A = '2'").unwrap();
        let env = Env::new(Some(&site)).then(Env::new(Some(&module)));
        assert_eq!(
            (env.append["PATH"].as_str(), env.prepend["L"].as_str(), env.set["A"].as_str()),
            ("/a:/b:/c", "/y:/x", "2")
        );
    }

    #[test]
    fn the_proxy_reaches_containers_in_both_spellings() {
        let of = |text: &str| {
            let profile: Profile = toml::from_str(text).unwrap();
            Env::with_proxy(&profile, profile.env.as_ref())
        };
        let profile = "env.proxy = 'site'\n[gateway.proxy]\nhttps = 'http://p:3128'\nno_proxy = ['.a', '.b']";
        let env = of(profile);
        assert_eq!(
            (env.set["https_proxy"].as_str(), env.set["HTTPS_PROXY"].as_str()),
            ("http://p:3128", "http://p:3128")
        );
        assert_eq!(env.set["NO_PROXY"], ".a,.b");
        let own = of("env.proxy = 'site'\nenv.set.https_proxy = 'http://own:1'\ngateway.proxy.https = 'http://p:3128'");
        assert_eq!(own.set["https_proxy"], "http://own:1", "what is written wins");
    }
}
