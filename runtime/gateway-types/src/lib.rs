//! `imagemanager.json` and the bodies of the gateway's REST interface.
