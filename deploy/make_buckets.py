#!/usr/bin/env python3
"""Make the buckets of deploy/compose.yaml with the documented rules; safe to repeat."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import ClientError

ROOT = Path(__file__).resolve().parent.parent
FILES, TRUTH = "auslobung", "auslobung-truth"
EXAMPLE = "https://auslobung.example"


def main() -> int:
    """Make and configure; 1 if the store lacks something that uploads need."""
    access, secret = (
        Path(os.environ[name]).read_text(encoding="utf-8").strip()
        for name in ("ACCESS_KEY_FILE", "SECRET_KEY_FILE")
    )
    client: Any = boto3.client(
        "s3",
        endpoint_url=os.environ["ENDPOINT"],
        aws_access_key_id=access,
        aws_secret_access_key=secret,
        region_name="us-east-1",
    )
    there = {bucket["Name"] for bucket in client.list_buckets()["Buckets"]}
    for bucket in sorted({FILES, TRUTH} - there):
        client.create_bucket(Bucket=bucket)
        print(f"made the bucket {bucket}")
    cors, rules = (documented(key, os.environ["ORIGIN"]) for key in ("CORSRules", "Rules"))
    client.put_bucket_cors(Bucket=FILES, CORSConfiguration=cors)
    try:
        client.put_bucket_lifecycle_configuration(Bucket=FILES, LifecycleConfiguration=rules)
    except ClientError as error:
        # Uploads work without: unfinished ones are only left behind.
        print(f"the store takes no life-cycle rules: {error}", file=sys.stderr)
    return 0


def documented(key: str, origin: str) -> Any:
    """Return the block of the documentation with a key, for pages of an origin."""
    page = (ROOT / "docs" / "object-store.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```json\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    return next(
        block
        for block in (json.loads(text.replace(EXAMPLE, origin)) for text in blocks)
        if key in block
    )


if __name__ == "__main__":
    sys.exit(main())
