"""A bucket in memory, for tests that read thousands of damaged documents."""

from tests.monitoring.reported import NOW
from weather_mlops import limits
from weather_mlops.errors import ObjectDamaged
from weather_mlops.lake.object_store import ObjectStore, StoredObject


class Memory(ObjectStore):
    def __init__(self, objects=None):
        self.objects = dict(objects or {})

    def put(self, key, body, content_type=""):
        self.objects[key] = body

    def get(self, key, limit=limits.DOCUMENT):
        if key not in self.objects:
            raise FileNotFoundError(key)
        if len(self.objects[key]) > limit.size:
            raise ObjectDamaged(f"{self.where(key)}: too large")
        return self.objects[key]

    def exists(self, key):
        return key in self.objects

    def list(self, prefix):
        for key in sorted(self.objects):
            if key.startswith(prefix):
                yield StoredObject(key, len(self.objects[key]), NOW)

    def folders(self, prefix):
        below = {key.removeprefix(prefix).partition("/") for key in self.objects if key.startswith(prefix)}
        yield from sorted({f"{prefix}{name}/" for name, slash, _ in below if slash})

    def where(self, key):
        return f"s3://weather/{key}"
