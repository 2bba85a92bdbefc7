"""What an adapter can declare of its subject: laws that are computed here, never by the code under
test.

    curriculum_law   Doubling, SquareRoot                           N(k), the number of noise levels
    scalings_law     KarrasScalings, TrigFlowScalings, with LogTime or PlainTime        f's scalings
    ramp_law         KarrasRamp, LogUniformRamp, LinearRamp, CosineRamp      the sampler's times
    time_law()       LogNormalTimes, or LogNormalTimes(...).cut(levels)      the training times;
                     SortedTimes, TimesBelow                                 two of them, t and s
    loss_law         PseudoHuber, Squared, Metric, with InverseGap or ConstantWeight      the loss

Each is a frozen dataclass; whatever has the same methods may stand in its place.
"""

from .curricula import Curriculum as Curriculum
from .curricula import Doubling as Doubling
from .curricula import SquareRoot as SquareRoot
from .metrics import ConstantWeight as ConstantWeight
from .metrics import InverseGap as InverseGap
from .metrics import Metric as Metric
from .metrics import PseudoHuber as PseudoHuber
from .metrics import Squared as Squared
from .pair_laws import SortedTimes as SortedTimes
from .pair_laws import TimesBelow as TimesBelow
from .ramps import CosineRamp as CosineRamp
from .ramps import KarrasRamp as KarrasRamp
from .ramps import LinearRamp as LinearRamp
from .ramps import LogUniformRamp as LogUniformRamp
from .ramps import Ramp as Ramp
from .scaling_laws import Embedding as Embedding
from .scaling_laws import KarrasScalings as KarrasScalings
from .scaling_laws import LogTime as LogTime
from .scaling_laws import PlainTime as PlainTime
from .scaling_laws import ScalingsLaw as ScalingsLaw
from .scaling_laws import TrigFlowScalings as TrigFlowScalings
from .time_laws import LogNormalTimes as LogNormalTimes
