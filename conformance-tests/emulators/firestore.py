"""Runs Google's own Firestore emulator on the loopback interface until standard input ends.

It needs Java and the component `cloud-firestore-emulator` of the Google Cloud SDK, found through `gcloud info` or named by
FIRESTORE_EMULATOR_JAR. Usage: firestore.py PORT, or firestore.py --version, which prints the release of the SDK.

Exits with 69 where something of that is not installed.
"""

import cloud_sdk

if __name__ == "__main__":
    cloud_sdk.run(
        "Firestore",
        "cloud-firestore-emulator",
        "cloud-firestore-emulator.jar",
        "FIRESTORE_EMULATOR_JAR",
        "com.google.cloud.datastore.emulator.firestore.CloudFirestore",
    )
