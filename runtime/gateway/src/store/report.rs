//! What was found in images when they were made. It is kept for as long as an image's file may be there: a pull that finds the
//! file reads no layer again.

use rusqlite::OptionalExtension;
use shifter_gateway_types::rest::ImageReport;

use super::{Store, StoreError};

impl Store {
    /// Keeps the report of an image, in place of an older one.
    pub fn keep_report(&self, system: &str, id: &str, report: &ImageReport) -> Result<(), StoreError> {
        let text = serde_json::to_string(report)?;
        self.writer()
            .prepare_cached("INSERT OR REPLACE INTO report (system, id, report) VALUES (?1, ?2, ?3)")?
            .execute((system, id, text))?;
        Ok(())
    }

    /// The report of an image.
    pub fn report(&self, system: &str, id: &str) -> Result<Option<ImageReport>, StoreError> {
        let text: Option<String> = self.read(|db| {
            let mut find = db.prepare_cached("SELECT report FROM report WHERE system = ?1 AND id = ?2")?;
            Ok(find.query_row((system, id), |row| row.get(0)).optional()?)
        })?;
        Ok(text.map(|text| serde_json::from_str(&text)).transpose()?)
    }
}
