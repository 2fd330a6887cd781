/** Created by the Vite plugin in src/authoring/lesson-files.ts. */
declare module "virtual:drydock-course" {
    const start: import("../lesson/lesson-address").CourseStart;
    export default start;
}
