"""A list whose rows are about sites: where there is room, the course of the one under the cursor stands beside it."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult

from core.errors import VedetteError
from core.view import Timeline, Trend
from tui.panes import overview
from tui.panes.course import Course
from tui.panes.paint import Drawn, ruled
from tui.screens.lists import ListScreen
from tui.widgets.chart import Look

DAY = 86_400.0
RESTS_AFTER, COURSE_AGAIN = 0.4, 30.0  # seconds
HUGE = 160  # columns from which there is room for a chart beside the list


class CoursedScreen(ListScreen):
    """`course_of` is the site that the cursor is on and what is known of its past."""

    course_from: ClassVar[int] = 40  # lines

    def __init__(self) -> None:
        super().__init__()
        self._course: tuple[int, float, Trend] | None = None
        self._asking_course = False

    def course_of(self) -> tuple[int, Timeline | None]:
        """The id of the site, 0 for none; its past, None while that is not read."""
        return 0, None

    def course_panes(self) -> ComposeResult:
        yield Course(self._look(), id="course")
        yield Drawn(self._story_title, id="story-title")
        yield Drawn(self._story, id="story")

    def _look(self) -> Look:
        glyphs = self.console.glyphs
        return Look(self.role, self.console.skin.roles.series, glyphs.chart, glyphs)

    def ask_course(self) -> None:
        """Read it once the cursor has come to rest."""
        if self.course_of()[0] and self._is_roomy and not self._asking_course:
            self._asking_course = True
            self.run_worker(self._read_course(), group="course")

    @property
    def _is_roomy(self) -> bool:
        return self.size.width >= HUGE and self.size.height >= self.course_from

    async def _read_course(self) -> None:
        try:
            while self.stands and (target := await self._rested()):
                now = self.console.now()
                self._course = (target, now, await self.console.view.trend(target, "ttfb_ms", now - DAY, now))
                if self.stands and target == self.course_of()[0]:
                    self.draw_course()
                    return
        except VedetteError:
            return  # the header says that the store cannot be read
        finally:
            self._asking_course = False

    async def _rested(self) -> int:
        """The site that the cursor stays on."""
        while True:
            target = self.course_of()[0]
            await asyncio.sleep(RESTS_AFTER)
            if not self.stands or target == self.course_of()[0]:
                return target

    def draw_course(self) -> None:
        """Of the site under the cursor only; its room is kept until the cursor rests, so that nothing jumps."""
        course, (target, timeline) = self._course, self.course_of()
        for drawn in self.query(Course):
            drawn.visible = course is not None and course[0] == target
            if not self._is_roomy:
                drawn.display = False
            elif drawn.visible and course is not None:
                drawn.show(course[2], timeline, self.console.now())
        for told in self.query("#story-title, #story").results(Drawn):
            told.renew()

    def beat(self, now: float) -> None:
        super().beat(now)
        for told in self.query("#story").results(Drawn):
            told.renew()
        target, course = self.course_of()[0], self._course
        if target and (course is None or course[0] != target or now - course[1] >= COURSE_AGAIN):
            self.ask_course()

    def redraw(self) -> None:
        super().redraw()
        for each in self.query(Course):
            each.set_look(self._look())

    def _story_title(self, width: int) -> Text:
        words = "what happened, and what comes next" if self.course_of()[0] else ""
        return ruled(self.role, words, width, self.console.glyphs.rule)

    def _story(self, width: int) -> Text:
        timeline, rows = self.course_of()[1], self.query_one("#story").size.height
        if timeline is None:
            return Text("")
        return overview.story(self.role, timeline, self.console.now(), self.console.plain, (width, rows))
