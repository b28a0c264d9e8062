from app.domain.session import Session


def test_a_turn_is_scored():
    session = Session(id="s")
    session.agent.weights["hello"] = 2.0
    assert session.add("hello there").score == 2.0
    print("seen by pytest when the test fails")
