"""Fit the model that params.yaml names."""

from pathlib import Path

import joblib
import pandas as pd
import yaml
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

with open("params.yaml") as file:
    params = yaml.safe_load(file)

if params["model"] == "logistic_regression":
    model = make_pipeline(StandardScaler(), LogisticRegression(**params["logistic_regression"]))
elif params["model"] == "random_forest":
    model = RandomForestClassifier(**params["random_forest"])
else:
    raise SystemExit(f"params.yaml: model is {params['model']!r}, not logistic_regression or random_forest")

train = pd.read_csv("data/train.csv")
model.fit(train.drop(columns="diagnosis"), train["diagnosis"])

Path("models").mkdir(exist_ok=True)
joblib.dump(model, "models/model.joblib")
print(f"{params['model']} fitted on {len(train)} rows")
