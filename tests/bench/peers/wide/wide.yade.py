# timed run of the bed of two sizes, YADE.   environment: PEERS, LX, LY [m] and those of tools/yade_scene.py
import os
sys.path.insert(0, os.path.join(os.environ["PEERS"], "tools"))
import yade_scene as scene
lx, ly = float(os.environ["LX"]), float(os.environ["LY"])
scene.material(5e6, 0.5)
O.periodic = True
O.cell.hSize = Matrix3(lx, 0, 0,  0, ly, 0,  0, 0, 0.2)
up = 0.05     # the floor sits inside the (always fully periodic) cell; nothing reaches its top
O.bodies.append(wall((0, 0, up), axis=2, sense=1, material="m"))
first = scene.grains(up)
scene.engines(0.5, [Bo1_Wall_Aabb()], [Ig2_Wall_Sphere_ScGeom(hertzian=True)], allowBiggerThanPeriod=True)
scene.run(1e-5)
grains = [O.bodies[first + i] for i in range(len(scene.rows))]
heights = [b.state.pos[2] - up for b in grains]
pairs = sum(1 for i in O.interactions if i.isReal and i.id1 >= first and i.id2 >= first)
large = [z for b, z in zip(grains, heights) if b.shape.radius > 0.005]
print("OBS zmean=%.8f ke=%.4g coord=%.4f zlarge=%.8f" % (sum(heights) / len(grains), scene.energy(grains), 2 * pairs / len(grains),
                                                         sum(large) / len(large)))
scene.save(grains, up)
