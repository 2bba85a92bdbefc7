"""Mutants of the trajectory certificate and of the exact shares."""

from tests.anchor import Edit, Mutant

MUTANTS = (
    Mutant("budget without its start", "bound.along_flow",
           Edit("_budget",
                "paths.start + paths.initial + paths.step.sum(0)",
                "paths.initial + paths.step.sum(0)")),
    Mutant("average of the steps along the flow", "bound.along_flow",
           Edit("_budget", "paths.step.sum(0)", "paths.step.mean(0)")),
    Mutant("mean for its upper limit", "bound.along_flow",
           Edit("_budget", "upper_limit(sums, alpha)", "float(sums.mean())")),
    Mutant("square of the steps for W_2's limit", "bound.along_flow",
           Edit("_budget", "upper_limit(squares, alpha) ** 0.5", "upper_limit(squares, alpha)")),
    Mutant("eps_t^2 of one coordinate", "bound.along_flow",
           Edit("_walk", "(own * other).sum(1)", "(own * other)[:, 0]")),
    Mutant("f_{t-1} where the flow has not moved", "bound.shares",
           Edit("_walk", "values[t - 1] - values[t - 2]",
                "values[t - 1] - f(path[t - 1], t - 1)")),
    Mutant("shares without their start", "bound.shares",
           Edit("_walk", "(moved * u).sum(1)", "torch.zeros_like(apart)")),
    Mutant("direction of the error that is no unit vector", "bound.shares",
           Edit("_walk",
                "error / apart.clamp_min(smallest)[:, None]", "error")),
    Mutant("path between nodes with slopes reversed", "bound.shares",
           Edit("_hermite", "offset * squares", "-offset * squares")),
    Mutant("model's share added to the schedule's", "bound.shares",
           Edit("_walk", "along - model[t - 2]", "along + model[t - 2]")),
    Mutant("start counted as the schedule's", "bound.shares",
           Edit("_shares", "paths.schedule.mean(1)",
                "(paths.schedule + paths.start_share).mean(1)")),
    Mutant("control variate that knows its draw", "bound.loss_form",
           Edit("_defects",
                'torch.einsum("nij,knj->kni", slope, noise)', "stepped.reshape(shape) - value")),
    Mutant("derivative at the draw", "bound.model_share",
           Edit("_walk",
                "own, other = _defects(values[t - 1], stepped, slopes.at(t - 1), draws, mean)",
                """
beside = f(neighbours(draws, 1e-4), t - 1)
turned = forward_difference(beside, 1e-4)
first, second = turned[:len(mean)], turned[len(mean):]
own, _ = _defects(values[t - 1], stepped, first, draws, mean)
_, other = _defects(values[t - 1], stepped, second, draws, mean)
""")),
    Mutant("shared-noise partner for a draw", "bound.loss_form",
           Edit("_walk",
                "mean, draws = posterior_draws(target, schedule, t, path[t - 1], generator)",
                """
mean, _ = posterior_draws(target, schedule, t, path[t - 1], generator)
last_a, last_b = schedule.scales(tau)
clean = (starts.exact - last_b * starts.z) / last_a
a, b = schedule.scales(t - 1)
draws = (a * clean + b * starts.z).repeat(2, 1)
""")),
    Mutant("conditional mean for a draw", "bound.model_share",
           Edit("_walk",
                "mean, draws = posterior_draws(target, schedule, t, path[t - 1], generator)",
                """
mean, _ = posterior_draws(target, schedule, t, path[t - 1], generator)
draws = mean.repeat(2, 1)
""")),
    Mutant("one draw used twice along the flow", "bound.model_share",
           Edit("_walk", "own * other", "own * own")),
    Mutant("f_t at the draws of X_{t-1}", "bound.accuracy",
           Edit("_walk", "f(draws, t - 1)", "f(draws, t)")),
    Mutant("part of the schedule's share counted as the model's", "bound.exact_training",
           Edit("_walk", "((own + other) / 2 * u).sum(1)",
                "((own + other) / 2 * u).sum(1) + along / 8")),
)  # fmt: skip
