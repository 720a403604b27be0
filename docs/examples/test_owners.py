from modeltrail.testing import check_projection
from owners import owners


def test_owners():
    check_projection(owners)
