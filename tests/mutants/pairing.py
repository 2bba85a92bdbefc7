"""Mutants of re-pairing, re-coupling and samplers of several steps."""

from tests.anchor import Edit, Mutant

MUTANTS = (
    Mutant("nearest neighbour without bijection", "bound.repairing",
           Edit("pairing",
                "_, column = linear_sum_assignment(cost)", "column = cost.argmin(1)")),
    Mutant("nearest neighbour without bijection on the line", "bound.repairing",
           Edit("pairing",
                "return y[:, 0].argsort(stable=True)[ranks]",
                "return (x - y[:, 0]).abs().argmin(1)")),
    Mutant("the cheaper of two twins", "bound.repairing",
           Edit("limits",
                "distance = torch.linalg.vector_norm(pairs.model - exact, dim=1)",
                "distance = torch.minimum(torch.linalg.vector_norm(pairs.model - exact, dim=1),"
                " torch.linalg.vector_norm(pairs.model - pairs.exact, dim=1))")),
    Mutant("noise turned back", "bound.recoupling",
           Edit("turned", "starts.z @ turn.T", "starts.z @ turn")),
    Mutant("a linear map that is not orthogonal", "bound.bracket",
           Edit("fitted_turn",
                "return left @ right",
                "return torch.linalg.solve(slopes[:, :dim].T, slopes[:, dim:].T)")),
    Mutant("twin chosen after a look at the next noise", "bound.few_steps",
           Edit("_renoised",
                "exact = repaired(ends.model, exact, repair)",
                "r, q = renoising(schedule, level)\n"
                "peek = normal(tuple(exact.shape), generator.clone_state(), exact)\n"
                "exact = repaired(r * ends.model - q * peek, exact, repair)")),
    Mutant("twins nearest without bijection between steps", "bound.few_steps",
           Edit("_renoised",
                "exact = repaired(ends.model, exact, repair)",
                "exact = exact[torch.cdist(ends.model, exact).argmin(1)]")),
    Mutant("re-noised as if f gave X_0", "bound.few_steps",
           Edit("renoising",
                "float(schedule.log_alpha_bar[level] - schedule.log_alpha_bar[landing])",
                "float(schedule.log_alpha_bar[level])")),
    Mutant("noises not shared", "bound.few_steps",
           Edit("_renoised", "r * exact + q * noise", "r * exact + q * noise.flip(0)")),
    Mutant("root of the ratio forgotten", "bound.few_steps",
           Edit("renoising", "math.exp(0.5 * log_ratio)", "math.exp(log_ratio)")),
)  # fmt: skip
