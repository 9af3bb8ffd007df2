"""Split the data into training and test rows, with the same share of each diagnosis in both."""

import pandas as pd
import yaml

with open("params.yaml") as file:
    params = yaml.safe_load(file)["prepare"]

data = pd.read_csv("data/breast_cancer.csv")
test = data.groupby("diagnosis").sample(frac=params["test_share"], random_state=params["seed"])
test = test.sort_index()
train = data.drop(test.index)

train.to_csv("data/train.csv", index=False)
test.to_csv("data/test.csv", index=False)
print(f"{len(train)} rows to train on, {len(test)} rows to test with")
