"""Former import paths of three operators of monitoring: YAML files of users still name them."""

from operators.monitoring import DataQualityOperator, ModelPerformanceOperator, SystemHealthOperator

__all__ = ["DataQualityOperator", "ModelPerformanceOperator", "SystemHealthOperator"]
