"""Runs Google's own Pub/Sub emulator on the loopback interface until standard input ends.

It needs Java and the component `pubsub-emulator` of the Google Cloud SDK, found through `gcloud info` or named by
PUBSUB_EMULATOR_JAR. Usage: pubsub.py PORT, or pubsub.py --version, which prints the release of the SDK.

Exits with 69 where something of that is not installed.
"""

import cloud_sdk

if __name__ == "__main__":
    cloud_sdk.run(
        "Pub/Sub",
        "pubsub-emulator",
        "lib/cloud-pubsub-emulator-*-all.jar",
        "PUBSUB_EMULATOR_JAR",
        "com.google.cloud.pubsub.testing.v1.Main",
    )
