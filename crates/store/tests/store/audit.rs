//! The audit log.

use chrono::TimeDelta;
use closecast_store::AuditEntry;

use crate::{place::places, samples::now};

/// Returns an audit entry of the key `key`, if given.
pub(crate) fn entry(key: Option<&str>, action: &str) -> AuditEntry {
    AuditEntry {
        key: key.map(|name| (format!("id of {name}"), name.to_owned())),
        address: "127.0.0.1".to_owned(),
        request_id: "request".to_owned(),
        action: action.to_owned(),
        target: "/train".to_owned(),
        status: 202,
    }
}

#[tokio::test]
async fn list_pages_newest_first_and_delete_before_removes_old_entries() {
    for place in places().await {
        let audit = place.store.audit();
        for (day, action) in (0..).zip(["first", "second", "third"]) {
            audit.write(entry(Some("ana"), action), now() + TimeDelta::days(day)).await.unwrap();
        }
        let page = audit.list(None, 2).await.unwrap();
        assert_eq!(page.iter().map(|stored| stored.entry.action.as_str()).collect::<Vec<_>>(), ["third", "second"]);
        assert_eq!(page[0].entry, entry(Some("ana"), "third"));
        let rest = audit.list(Some(page[1].id), 2).await.unwrap();
        assert_eq!(rest.iter().map(|stored| stored.entry.action.as_str()).collect::<Vec<_>>(), ["first"]);
        assert_eq!(audit.delete_before(now() + TimeDelta::days(1)).await.unwrap(), 1);
        assert_eq!(audit.list(None, 10).await.unwrap().len(), 2);
    }
}

#[tokio::test]
async fn write_accepts_entries_without_key() {
    for place in places().await {
        place.store.audit().write(entry(None, "POST /train"), now()).await.unwrap();
        assert_eq!(place.store.audit().list(None, 10).await.unwrap()[0].entry, entry(None, "POST /train"));
    }
}
