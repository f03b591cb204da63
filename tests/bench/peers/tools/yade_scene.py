"""yade_scene.py: what the YADE decks share. Environment: STATE, N and WARM (steps), VERLET [m], OUT (optional state file)."""
import math, os, time
from yade import *
from yade.utils import sphere
import state
env = os.environ
begin = time.time()
rows = state.read(env["STATE"])

def material(young, friction):
    O.materials.append(FrictMat(young=young, poisson=0.3, density=2500, frictionAngle=math.atan(friction), label="m"))

def grains(up=0):
    """Adds the grains of the state, raised by `up` [m]; answers the number of the first."""
    first = len(O.bodies)
    O.bodies.append([sphere((q[0], q[1], q[2] + up), q[6], material="m") for q in rows])
    for i, q in enumerate(rows):
        s = O.bodies[first + i].state; s.vel = q[3:6]; s.angVel = q[7:10]
    return first

def engines(restitution, bounds=(), contacts=(), movers=(), gravity=(0, 0, -9.81), watchers=(), **collider):
    """bounds, contacts: functors of the walls; movers: engines that move them; watchers: engines at the end of a step."""
    O.engines = [
        ForceResetter(),
        InsertionSortCollider([Bo1_Sphere_Aabb(), *bounds], verletDist=float(env["VERLET"]), **collider),
        InteractionLoop([Ig2_Sphere_Sphere_ScGeom(), *contacts], [Ip2_FrictMat_FrictMat_MindlinPhys(en=restitution)],
                        [Law2_ScGeom_MindlinPhys_Mindlin()]),
        *movers, NewtonIntegrator(damping=0, gravity=gravity), *watchers]

def run(dt, look=lambda: None):
    """Warms up, looks, runs the timed steps; prints the times and answers what was seen before them."""
    O.dt = dt
    ready = time.time()
    O.run(int(env["WARM"]), True)
    seen = look()
    start = time.time()
    O.run(int(env["N"]), True)
    print("LOOP %.6f build=%.3f first=%.3f" % (time.time() - start, ready - begin, start - ready))
    return seen

def energy(bodies): return sum(0.5 * b.state.mass * b.state.vel.squaredNorm() for b in bodies)

def save(bodies, up=0):
    if not env.get("OUT"): return
    state.write([(b.state.pos[0], b.state.pos[1], b.state.pos[2] - up, *b.state.vel, b.shape.radius, *b.state.angVel) for b in bodies],
                open(env["OUT"], "w"))
