"""S3 and the Iceberg catalog from an Airflow connection."""

from functools import cached_property
from typing import TYPE_CHECKING

from airflow.sdk import BaseHook

if TYPE_CHECKING:
    from pyiceberg.catalog import Catalog

    from weather_mlops.lake.object_store import ObjectStore
    from weather_mlops.lake.s3_access import S3Access


class LakeHook(BaseHook):
    """The data lake: one bucket, and the catalog of its tables.

    Args:
        aws_conn_id: a connection of the amazon provider: keys, a role or a profile, and the endpoint.
    """

    conn_name_attr = "aws_conn_id"
    default_conn_name = "aws_default"

    def __init__(self, aws_conn_id: str = default_conn_name) -> None:
        super().__init__()
        self.aws_conn_id = aws_conn_id

    @cached_property
    def access(self) -> "S3Access":
        """Credentials and endpoint, as the amazon provider resolves them."""
        from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook

        from weather_mlops.lake.s3_access import S3Access
        from weather_mlops.settings import load_settings

        settings = load_settings()
        aws = AwsBaseHook(aws_conn_id=self.aws_conn_id, client_type="s3")
        credentials = aws.get_credentials()
        return S3Access(
            bucket=settings.bucket,
            endpoint_url=aws.conn_config.get_service_endpoint_url("s3"),
            access_key_id=credentials.access_key,
            secret_access_key=credentials.secret_key,
            session_token=credentials.token,
            region=aws.region_name or settings.aws_region,
            prefix=settings.prefix,
        )

    @cached_property
    def store(self) -> "ObjectStore":
        """The bucket."""
        from weather_mlops.lake.object_store import ObjectStore

        return ObjectStore(self.access)

    @cached_property
    def catalog(self) -> "Catalog":
        """The tables."""
        from weather_mlops.lake.catalog import open_catalog

        return open_catalog(self.access)
