//! Who did what.

use chrono::TimeDelta;
use closecast_store::Act;

use crate::{place::places, samples::now};

/// An act, by a key if there is one of that name.
pub(crate) fn act(key: Option<&str>, action: &str) -> Act {
    Act {
        key: key.map(|name| (format!("id of {name}"), name.to_owned())),
        address: "127.0.0.1".to_owned(),
        request_id: "request".to_owned(),
        action: action.to_owned(),
        target: "/train".to_owned(),
        status: 202,
    }
}

#[tokio::test]
async fn acts_are_listed_newest_first_page_by_page_and_forgotten_when_old() {
    for place in places().await {
        let audit = place.store.audit();
        for (day, action) in (0..).zip(["first", "second", "third"]) {
            audit.write(act(Some("ana"), action), now() + TimeDelta::days(day)).await.unwrap();
        }
        let page = audit.list(None, 2).await.unwrap();
        assert_eq!(page.iter().map(|stored| stored.act.action.as_str()).collect::<Vec<_>>(), ["third", "second"]);
        assert_eq!(page[0].act, act(Some("ana"), "third"));
        let rest = audit.list(Some(page[1].id), 2).await.unwrap();
        assert_eq!(rest.iter().map(|stored| stored.act.action.as_str()).collect::<Vec<_>>(), ["first"]);
        assert_eq!(audit.forget(now() + TimeDelta::days(1)).await.unwrap(), 1);
        assert_eq!(audit.list(None, 10).await.unwrap().len(), 2);
    }
}

#[tokio::test]
async fn who_needed_no_key_is_written_down_too() {
    for place in places().await {
        place.store.audit().write(act(None, "POST /train"), now()).await.unwrap();
        assert_eq!(place.store.audit().list(None, 10).await.unwrap()[0].act, act(None, "POST /train"));
    }
}
