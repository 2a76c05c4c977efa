//! Training a model again as it was trained, on all that is stored by now.

use closecast_domain::{BaseCard, Card};
use closecast_model::{BaseSpec, CheckedBaseSpec, TrainedModel};
use closecast_store::ModelVersion;

use crate::{
    error::AppError,
    services::Services,
    use_cases::{
        serving,
        task::Task,
        train::{self, TrainRequest},
        train_base::{self, BaseRequest},
    },
};

/// Trains the model in service under `name` again, and publishes it as the challenger.
///
/// # Errors
/// [`AppError::UnknownModel`] when there is none of that name, else as for the training of its kind.
pub async fn retrain(app: &Services, name: &str, task: &Task) -> Result<ModelVersion, AppError> {
    let champion = app.store.models().in_service(name).await?;
    let Some(champion) = champion else {
        // The model that ships with the program has no version: training it here makes the first.
        return match name {
            serving::BASE => train_base::train_base(app, all_symbols(app, usual_base().check()?).await?, task).await,
            _ => Err(AppError::UnknownModel(name.to_owned())),
        };
    };
    let artifact = app.store.models().artifact(&champion).await?;
    match (TrainedModel::from_bytes(&artifact)?, &champion.card) {
        (TrainedModel::Lstm(model), Card::Symbol(card)) => {
            let request = TrainRequest {
                symbol: card.symbol.clone(),
                model_name: Some(name.to_owned()),
                spec: model.spec().clone().check()?,
                start_date: Some(card.data_range.start),
                end_date: None,
            };
            train::train(app, request, task).await
        }
        (TrainedModel::Base(_), Card::Base(card)) if card.fine_tuned_for.is_some() => {
            let symbol = card.fine_tuned_for.clone().ok_or_else(|| AppError::UnknownModel(name.to_owned()))?;
            train_base::fine_tune(app, &symbol, task).await
        }
        (TrainedModel::Base(model), Card::Base(card)) => {
            let spec = BaseSpec { head: model.head(), hidden_size: model.hidden_size(), ..described(card) }.check()?;
            train_base::train_base(app, all_symbols(app, spec).await?, task).await
        }
        _ => Err(AppError::Internal(format!("the artifact of {name} is of another kind than its card"))),
    }
}

/// Returns the usual description of BASE: a week ahead, as `train --base` has it.
fn usual_base() -> BaseSpec {
    BaseSpec { horizon: 5, ..BaseSpec::default() }
}

/// Returns the description that a BASE was trained by, as far as its card has it.
fn described(card: &BaseCard) -> BaseSpec {
    BaseSpec { lookback: card.lookback, horizon: card.horizon, seed: card.seed, members: card.members, ..usual_base() }
}

async fn all_symbols(app: &Services, spec: CheckedBaseSpec) -> Result<BaseRequest, AppError> {
    let symbols = app.store.bars().list().await?.into_iter().map(|info| info.symbol).collect();
    Ok(BaseRequest {
        symbols,
        leave_out_unusable: true,
        folders: Vec::new(),
        spec,
        sources: "the stored prices".to_owned(),
        artifact_out: None,
    })
}
