"""Cases, stages, plans, tasks and referrals."""
