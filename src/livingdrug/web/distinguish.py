"""Which sample decides: two explanations of one course, and the sample that would tell them apart."""

from livingdrug.web.pages import Page
from livingdrug.web.questions import Question

QUESTION = Question(
    kind="models-distinguish",
    page=Page("/models-distinguish", "Tell models apart", place=240),
    heading="Two explanations",
    begin={
        "models": ("kirouac_2023", "kirouac_2023+host_competition"),
        "cv": 0.3,
        "subjects": 100,
        "noise": 0.3,
    },
    labels={
        "models": "Two models",
        "doses": "Doses of both",
        "outputs": "Outputs or states",
        "days": "Days of samples",
        "limits": "Limits of quantification",
        "noise": "SD of ln value of the assay",
        "subjects": "Virtual patients",
        "cv": "CV of every rate",
    },
    texts={
        "models": "names from the page Models, NAME+FRAGMENT joins a mechanism; a semicolon between two",
        "doses": "such as 1e8; that of their first experiments by default",
        "limits": "OUTPUT=VALUE, such as car_t_blood=2.5; a semicolon between two",
    },
)
PAGE, page, register = QUESTION.page, QUESTION.shown, QUESTION.register
