"""Hold the model against the test rows: metrics.json, and the data of two plots."""

import json
from pathlib import Path

import joblib
import pandas as pd
from sklearn import metrics

POSITIVE = "malignant"

model = joblib.load("models/model.joblib")
test = pd.read_csv("data/test.csv")
actual = test.pop("diagnosis")

predicted = model.predict(test)
probability = model.predict_proba(test)[:, list(model.classes_).index(POSITIVE)]
is_positive = actual == POSITIVE

scores = {
    "accuracy": metrics.accuracy_score(actual, predicted),
    "precision": metrics.precision_score(actual, predicted, pos_label=POSITIVE),
    "recall": metrics.recall_score(actual, predicted, pos_label=POSITIVE),
    "f1": metrics.f1_score(actual, predicted, pos_label=POSITIVE),
    "roc_auc": metrics.roc_auc_score(is_positive, probability),
    "log_loss": metrics.log_loss(is_positive, probability),
}
with open("metrics.json", "w") as file:
    json.dump(scores, file, indent=2)
    file.write("\n")

false_positive_rate, true_positive_rate, _ = metrics.roc_curve(is_positive, probability)
roc = pd.DataFrame({"false_positive_rate": false_positive_rate, "true_positive_rate": true_positive_rate})
Path("plots").mkdir(exist_ok=True)
roc.to_csv("plots/roc.csv", index=False)
pd.DataFrame({"actual": actual, "predicted": predicted}).to_csv("plots/confusion.csv", index=False)

print(", ".join(f"{name} {value:.4f}" for name, value in scores.items()))
