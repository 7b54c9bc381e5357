"""Reads the documents of a YAML file as what Knative's own definitions say they are; a field that they do not have is an
error too. Usage: knative.py FILE
"""

import sys

import yaml
from cloudcoil.models.knative_eventing.eventing.v1 import Trigger
from cloudcoil.models.knative_eventing.sources.v1 import PingSource
from cloudcoil.models.knative_serving.serving.v1 import Service

MODELS = {"Service": Service, "PingSource": PingSource, "Trigger": Trigger}


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        documents = list(yaml.safe_load_all(file))
    for document in documents:
        model = MODELS[document["kind"]].model_validate(document)
        # What the model does not know it leaves out without a word.
        known = model.model_dump(mode="json", by_alias=True, exclude_unset=True)
        if known != document:
            sys.exit(f"the definitions of Knative know only {known}\nof {document}")


if __name__ == "__main__":
    main()
